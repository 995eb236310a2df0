"""A small hub on 127.0.0.1 for the transcripts of pull: fake_hub.py FOLDER, until it is killed.

Writes FOLDER/endpoint when it serves and one line per request to FOLDER/log. Files are sent by a second origin, as the
real hub redirects to its store. The repositories each show one habit or vice of hubs.
"""
import hashlib
import http.server
import json
import re
import sys
import threading
from pathlib import Path

FOLDER = Path(sys.argv[1])
COMMIT = 'c0ffee' + '0' * 34
TOKEN = 'hf_secret'


def content(name):
    """300 kB that depend on the name."""
    seed = hashlib.sha256(name.encode()).digest()
    return b''.join(hashlib.sha256(seed + bytes([i % 256, i // 256])).digest() for i in range(9600))


def lfs(name, sha256=None, size=None):
    data = content(name)
    return {'rfilename': name, 'size': size or len(data), 'blobId': hashlib.sha1(name.encode()).hexdigest(),
            'lfs': {'sha256': sha256 or hashlib.sha256(data).hexdigest(), 'size': size or len(data)}}


def plain(name):
    return {'rfilename': name, 'size': len(content(name)), 'blobId': hashlib.sha1(name.encode()).hexdigest()}


REPOS = {
    'org/gguf': [plain('README.md'), lfs('m-Q8_0.gguf'), lfs('m-Q4_K_M.gguf'), lfs('mmproj-F16.gguf')],
    'org/split': [lfs('Q8_0/m-00001-of-00002.gguf'), lfs('Q8_0/m-00002-of-00002.gguf')],
    'org/hf': [plain('config.json'), plain('tokenizer.json'), lfs('model.safetensors'), lfs('onnx/model.onnx')],
    'org/flaky': [lfs('flaky.gguf')],
    'org/wrong': [lfs('wrong.gguf', sha256='0' * 64)],
    'org/private': [lfs('p.gguf')],
    'org/evil': [lfs('../../../evil.gguf')],
    'org/evilhash': [lfs('e.gguf', sha256='../../../evil')],
    'org/downgrade': [lfs('d.gguf')],
}
broken_off = set()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *_):
        pass

    def note(self):
        token = self.headers.get('Authorization', '')
        line = f"{self.server.label} {self.path}"
        line += f" range={self.headers['Range']}" if 'Range' in self.headers else ''
        line += f' token={token}' if token else ''
        with open(FOLDER / 'log', 'a', encoding='ascii') as log:
            log.write(line + '\n')

    def answer(self, status, body=b'', **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace('_', '-'), value)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.note()
        if self.server.label == 'store':
            return self.store()
        listing = re.fullmatch(r'/api/models/([^/]+/[^/]+)/revision/([^?]+)\?blobs=true', self.path)
        if listing:
            return self.list_files(listing[1], listing[2])
        file = re.fullmatch(r'/([^/]+/[^/]+)/resolve/[0-9a-f]+/(.*)', self.path)
        if file and file[1] in REPOS:
            return self.answer(302, Location=f'http://localhost:{store.server_port}/{file[2]}')
        return self.answer(404)

    def list_files(self, repo, revision):
        if repo == 'org/private' and self.headers.get('Authorization') != f'Bearer {TOKEN}':
            return self.answer(401)
        if repo == 'org/gated':
            return self.answer(403)
        if repo == 'org/noise':
            return self.answer(200, b'{"sha": "c0ffee", "siblings": [{"rfilename": 1}]}')
        if repo not in REPOS or revision not in ('main', 'v1', COMMIT):
            return self.answer(404)
        return self.answer(200, json.dumps({'sha': COMMIT, 'siblings': REPOS[repo]}).encode())

    def store(self):
        name = self.path[1:]
        data = content(name)
        begin = 0
        if 'Range' in self.headers:
            begin = int(re.fullmatch(r'bytes=(\d+)-', self.headers['Range'])[1])
        if name == 'flaky.gguf' and name not in broken_off:
            broken_off.add(name)
            self.send_response(200)
            self.send_header('Content-Length', str(len(data)))
            self.end_headers()
            self.wfile.write(data[:100000])
            self.wfile.flush()
            self.close_connection = True
            self.connection.shutdown(2)
            return None
        if begin:
            return self.answer(206, data[begin:], Content_Range=f'bytes {begin}-{len(data) - 1}/{len(data)}')
        return self.answer(200, data)


def serve(label):
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    server.label = label
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


store = serve('store')
hub = serve('hub')
(FOLDER / 'log').touch()
(FOLDER / 'endpoint.new').write_text(f'http://127.0.0.1:{hub.server_port}', encoding='ascii')
(FOLDER / 'endpoint.new').rename(FOLDER / 'endpoint')
threading.Event().wait()
