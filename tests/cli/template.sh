cat >chat.jinja <<'J'
{{ bos_token }}{% for m in messages %}<{{ m.role }}>{{ m.content | trim }}</{{ m.role }}>
{% endfor %}{% if tools %}{{ tools | tojson }}{% endif %}{% if add_generation_prompt %}<assistant>{% endif %}
J
echo '[{"role": "system", "content": "Be brief."}, {"role": "user", "content": " Hi "}]' >messages.json
echo '[{"type": "function", "function": {"name": "f"}}]' >tools.json
say() { echo "\$ $*"; "$@" 2>&1; local code=$?; echo "|"; [ $code -eq 0 ] || echo "exit $code"; }
say nybble template chat.jinja messages.json
say nybble template chat.jinja messages.json --tools tools.json --bos '<s>' --eos '</s>' --no-generation-prompt
say nybble template chat.jinja - <messages.json
echo '{{ name }} at {{ strftime_now("%Y-%m-%d") }}' >vars.jinja
say nybble template vars.jinja messages.json --chat-template-kwargs '{"name": "nybble"}' --now 86400
echo '{% for x in range(3) %}' >broken.jinja
say nybble template broken.jinja messages.json
echo '{{ raise_exception("roles must alternate") }}' >raise.jinja
say nybble template raise.jinja messages.json
echo '{"role": ' >broken.json
say nybble template chat.jinja broken.json
say nybble template "$ROOT/models/tale-6m" messages.json | sed "s|$ROOT/||g"
