import Addresses
import DNS
import Emulators
import Foundation
import Providers
import TestSupport
import Testing

/// What the driver sends, and what the emulator answers, held against the types that Cloudflare publishes: its own
/// Python package, which is made from its API description.
@Suite struct CloudflareTypesTests {
    @Test func `every request and every answer is as Cloudflare's published types say`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write("token", "good-token\n")
        let script = try folder.write("judge.py", Self.judge)
        let emulator = CloudflareEmulator()
        await emulator.addZone("example.org")
        await emulator.addToken("good-token")
        let running = try await RunningEmulator.start(emulator)
        let port = try freePort()
        let judge = try ChildProcess(
            try testTool("python3"), [script, "\(port)", "\(running.port)", folder.path + "/verdicts"])
        do {
            try await eventually("the judge answers") {
                guard judge.isRunning else { return true }
                return try await run("curl", ["-sS", "-m", "2", "http://127.0.0.1:\(port)/_emulator"]).code == 0
            }
            try #require(judge.isRunning, "\(judge.printed)")
            let provider = try Cloudflare(
                ProviderArguments(
                    ["token": "file:token", "url": "http://127.0.0.1:\(port)/client/v4"], folder: folder.path))
            let findings = await ProviderConformance(
                provider, owner: try Name("www.example.org"), outside: try Name("www.example.test")
            ).run()
            #expect(findings == [])
            let verdicts = try String(contentsOfFile: folder.path + "/verdicts", encoding: .utf8)
                .split(separator: "\n").map(String.init)
            #expect(verdicts.filter { !$0.hasPrefix("ok ") } == [])
            for kind in ["list zones", "list records", "create", "edit", "delete", "batch"] {
                #expect(verdicts.contains("ok \(kind)"), "\(kind) was never judged")
            }
        } catch {
            await judge.stop()
            await running.stop()
            throw error
        }
        await judge.stop()
        await running.stop()
    }

    /// Stands between the driver and the emulator and writes a verdict on each request.
    private static let judge = """
        import http.client, http.server, json, re, sys, typing, urllib.parse
        from pydantic import TypeAdapter
        from cloudflare.types.dns import record_batch_params, record_create_params, record_edit_params
        from cloudflare.types.dns import record_list_params, RecordResponse, RecordBatchResponse
        from cloudflare.types.zones import zone_list_params, Zone
        from cloudflare.types.dns import ARecordParam, AAAARecordParam, CNAMERecordParam
        port, behind, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
        verdicts = open(path, "w", buffering=1)
        def member(union, kind):
            for each in typing.get_args(union):
                if typing.get_args(typing.get_type_hints(each).get("type", None)) == (kind,): return each
            raise ValueError("no published type for " + str(kind))
        def fits(value, published):
            names = typing.get_type_hints(published)
            extra = set(value) - set(names)
            if extra: raise ValueError("not published: " + ", ".join(sorted(extra)))
            TypeAdapter(published).validate_python(value)
        def query_fits(query, published):
            names = typing.get_type_hints(published)
            for key, value in query.items():
                first, _, rest = key.partition(".")
                if first not in names: raise ValueError("no such parameter: " + key)
                if rest and rest not in typing.get_type_hints(names[first]): raise ValueError("no such parameter: " + key)
                if not rest: TypeAdapter(names[first]).validate_python(float(value) if names[first] is float else value)
        def judge_request(method, url, body):
            parts = urllib.parse.urlsplit(url)
            query = dict(urllib.parse.parse_qsl(parts.query))
            zone = re.match(r"/client/v4/zones/([0-9a-f]{32})/dns_records(?:/(.+))?$", parts.path)
            if parts.path == "/client/v4/zones":
                query_fits(query, zone_list_params.ZoneListParams)
                return "list zones", lambda r: [TypeAdapter(Zone).validate_python(z) for z in r]
            if zone is None: raise ValueError("no such endpoint: " + parts.path)
            value = dict(json.loads(body), zone_id=zone[1]) if body else {}
            record = lambda r: TypeAdapter(RecordResponse).validate_python(r)
            if method == "GET":
                query_fits(query, record_list_params.RecordListParams)
                return "list records", lambda r: [record(each) for each in r]
            if zone[2] == "batch":
                extra = set(value) - {"zone_id", "deletes", "patches", "posts", "puts"}
                if extra: raise ValueError("not published: " + str(extra))
                for each in value.get("deletes", []): fits(each, record_batch_params.Delete)
                for each in value.get("patches", []):
                    fits(each, member(record_batch_params.BatchPatchParam, each["type"]))
                for each in value.get("posts", []):
                    fits(each, member(record_batch_params.Post, each["type"]))
                return "batch", lambda r: TypeAdapter(RecordBatchResponse).validate_python(r)
            if method == "POST":
                fits(value, member(record_create_params.RecordCreateParams, value["type"]))
                return "create", record
            if method == "PATCH":
                fits(value, member(record_edit_params.RecordEditParams, value["type"]))
                return "edit", record
            if method == "DELETE" and not body: return "delete", lambda r: None
            raise ValueError(method + " is not published here")
        class Judge(http.server.BaseHTTPRequestHandler):
            def hand_on(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                look = lambda r: None
                if not self.path.startswith("/_emulator"):
                    try: kind, look = judge_request(self.command, self.path, body)
                    except Exception as error: kind = "bad %s %s: %r" % (self.command, self.path, str(error))
                connection = http.client.HTTPConnection("127.0.0.1", behind)
                connection.request(self.command, self.path, body, dict(self.headers))
                answer = connection.getresponse()
                text = answer.read()
                if not self.path.startswith("/_emulator"):
                    try:
                        if answer.status == 200: look(json.loads(text)["result"])
                        verdicts.write(("" if kind.startswith("bad") else "ok ") + kind + "\\n")
                    except Exception as error: verdicts.write("bad answer to %s: %r\\n" % (kind, str(error)))
                self.send_response(answer.status)
                for name in ("content-type", "retry-after"):
                    if answer.getheader(name): self.send_header(name, answer.getheader(name))
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)
            do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = hand_on
            def log_message(self, *words): pass
        http.server.ThreadingHTTPServer(("127.0.0.1", port), Judge).serve_forever()
        """
}
