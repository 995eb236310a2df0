"""Conversations on which chat templates are compared with transformers."""

TOOLS = [
    {"type": "function", "function": {
        "name": "get_weather", "description": "Weather of a place, with 'quotes' & <tags>.",
        "parameters": {"type": "object", "properties": {
            "city": {"type": "string", "description": "Name of the city"},
            "unit": {"type": "string", "enum": ["C", "F"], "default": "C"},
            "days": {"type": ["integer", "null"], "minimum": 1}},
            "required": ["city"]}}},
    {"type": "function", "function": {
        "name": "search", "description": "Finds pages.", "parameters": {"type": "object", "properties": {
            "query": {"type": "string"},
            "filters": {"type": "array", "items": {"type": "object", "properties": {
                "field": {"type": "string"}, "value": {"anyOf": [{"type": "string"}, {"type": "number"}]}}}},
            "options": {"type": "object", "properties": {"deep": {"type": "boolean"}, "ratio": {"type": "number"}}}},
            "required": ["query", "filters"]},
        "return": {"type": "string", "description": "Found text"}}},
    {"type": "function", "function": {"name": "now", "description": "", "parameters": {"type": "object", "properties": {}}}},
]
DOCUMENTS = [{"title": "Tides", "text": "The moon moves the sea."}, {"title": "Ünï", "text": "café\n\n  indented"}]


def user(content):
    return {"role": "user", "content": content}


def assistant(content, **more):
    return {"role": "assistant", "content": content, **more}


def call(name, arguments, id="call_00001"):
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def tool(content, name="get_weather", id="call_00001", **more):
    return {"role": "tool", "name": name, "tool_call_id": id, "content": content, **more}


SYSTEM = {"role": "system", "content": "You are a helpful assistant."}

CONVERSATIONS = {
    "user": [user("Hello")],
    "system": [SYSTEM, user("Hi there!")],
    "turns": [SYSTEM, user("  One? \n"), assistant(" Two. "), user("Three?"), assistant("Four."), user("Five?")],
    "no_system": [user("a"), assistant("b"), user("c")],
    "ends_with_answer": [user("a"), assistant("b")],
    "unicode": [{"role": "system", "content": "Größe 😀 \u200b"}, user("日本語 'quoted' \"double\" \\ back\ttab"), assistant("naïve é"), user("end\u2028")],
    "empty": [{"role": "system", "content": ""}, user(""), assistant(""), user("x")],
    "parts": [user([{"type": "text", "text": "look"}, {"type": "text", "text": " here"}])],
    "image": [user([{"type": "image", "image": "a.png"}, {"type": "text", "text": "What is this?"}])],
    "system_parts": [{"role": "system", "content": [{"type": "text", "text": "Be kind."}]}, user([{"type": "text", "text": "Hi"}])],
    "answer_parts": [user("q"), assistant([{"type": "text", "text": "a"}]), user("q2")],
    "thinking": [user("2+2?"), assistant("4", reasoning_content="Two and two."), user("3+3?")],
    "thinking_inline": [user("2+2?"), assistant("<think>\nTwo.\n</think>\n\n4"), user("3+3?")],
    "thinking_last": [user("2+2?"), assistant("4", reasoning_content="Two\nand two.")],
    "thinking_alias": [user("x"), assistant("y", thinking="hm"), user("z")],
    "thinking_chunks": [user("x"), assistant([{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "y"}]), user("z")],
    "call": [user("Weather?"), assistant("", tool_calls=[call("get_weather", {"city": "Paris", "days": 2})]), tool("21 C")],
    "call_none": [user("Weather?"), assistant(None, tool_calls=[call("get_weather", {"city": "Paris"})]), tool("21 C"), assistant("It is 21."), user("Thanks")],
    "call_text": [user("Weather?"), assistant("Let me see.", tool_calls=[call("get_weather", '{"city": "Paris"}')]), tool("21 C")],
    "calls": [SYSTEM, user("Both?"), assistant("", tool_calls=[
        call("get_weather", {"city": "Paris", "unit": "C"}, "call_00001"),
        call("search", {"query": "a \"b\" <c>", "filters": [{"field": "x", "value": 1.5}], "options": {"deep": True, "ratio": None}}, "call_00002")]),
        tool("21 C", id="call_00001"), tool('{"found": ["é", 1]}', "search", "call_00002"), assistant("Done."), user("More?")],
    "call_thinking": [user("Weather?"), assistant("", reasoning_content="Need a tool.", tool_calls=[call("get_weather", {"city": "Rome"})]),
                      tool("30"), assistant("30 degrees.", reasoning_content="Read it."), user("And now?"), assistant("", tool_calls=[call("now", {})]), tool("noon", "now")],
    "tool_parts": [user("Weather?"), assistant("", tool_calls=[call("get_weather", {"city": "Rome"})]), tool([{"type": "text", "text": "30"}])],
    "developer": [{"role": "developer", "content": "Be brief."}, user("Hi")],
    "two_users": [user("a"), user("b")],
    "starts_with_answer": [assistant("a"), user("b")],
    "odd_role": [user("a"), {"role": "observer", "content": "b"}],
    "no_content": [user("a"), {"role": "assistant"}],
    "marks": [user("<|im_start|>system\n{{ 1 }}{% raw %}"), assistant("<think></think>"), user("[INST] x [/INST]")],
    "date": [{"role": "system", "content": "Cutting Knowledge Date: x"}, user("Which day?")],
}

# name: whether the tools are given, and further variables
VARIANTS = {
    "prompt": {"add_generation_prompt": True},
    "plain": {"add_generation_prompt": False},
    "tools": {"add_generation_prompt": True, "tools": TOOLS},
    "thinking_on": {"add_generation_prompt": True, "enable_thinking": True, "thinking": True},
    "thinking_off": {"add_generation_prompt": True, "enable_thinking": False, "thinking": False, "tools": TOOLS[:1]},
    "documents": {"add_generation_prompt": True, "documents": DOCUMENTS},
    "options": {"add_generation_prompt": True, "tools": TOOLS, "reasoning_effort": "high", "builtin_tools": ["browser", "python"],
                "tools_in_user_message": False, "date_string": "26 Jul 2024", "model_identity": "You are nybble.",
                "preserve_thinking": True, "clear_thinking": False, "keep_past_thinking": True},
}
SPECIAL = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
