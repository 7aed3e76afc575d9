import Foundation
import NIOPosix
import TestSupport
import Testing

@testable import Checks

/// `websocket`, `grpc` and `http-digest` against real servers.
@Suite struct StreamTests {
    private static let echo = """
        import asyncio, sys, websockets
        async def serve(socket):
            if (socket.path if hasattr(socket, "path") else socket.request.path) == "/greets":
                await socket.send("welcome")
            async for message in socket:
                if message == "die":
                    await socket.close(1011)
                await socket.send("echo " + message)
        async def main():
            async with websockets.serve(serve, "127.0.0.1", int(sys.argv[1])):
                await asyncio.Future()
        asyncio.run(main())
        """

    @Test func `a WebSocket is upgraded and answers`() async throws {
        try await withFolder { folder in
            let file = try folder.write("echo.py", Self.echo)
            try await withServer("/usr/bin/python3", { [file, "\($0)"] }) { port in
                let url = "ws://127.0.0.1:\(port)"
                let rows: [([String: String], Bool, String)] = [
                    (["url": url + "/"], true, "upgraded"),
                    (["url": url + "/", "send": "purr", "expect": "echo purr"], true, "upgraded, \"echo purr\" found"),
                    (
                        ["url": url + "/greets", "send": "purr", "expect": "echo purr"], true,
                        "upgraded, \"echo purr\" found"
                    ),
                    (["url": url + "/greets", "expect": "welcome"], true, "upgraded, \"welcome\" found"),
                    (["url": url + "/", "send": String(repeating: "x", count: 5000)], true, "upgraded, it answers"),
                    (
                        ["url": url + "/", "send": "die", "expect": "y"], false,
                        "ended the WebSocket (1011) before it answered"
                    ),
                    (["url": url + "/", "send": "a", "expect": "b"], false, "timed out after TIME waiting for \"b\""),
                ]
                for (arguments, isSuccess, reason) in rows {
                    let (result, said) = try await outcome(of: reason) {
                        try await probe("websocket", arguments, timeout: $0)
                    }
                    #expect(said == reason)
                    #expect(result.isSuccess == isSuccess)
                }
            }
            try await withNginx(in: folder, { "server { listen 127.0.0.1:\($0); return 200 hi; }" }) { port in
                let result = try await probe("websocket", ["url": "ws://127.0.0.1:\(port)/"])
                #expect(result.reason == "status 200, expected 101 (the upgrade to WebSocket)")
            }
        }
    }

    /// gRPC's own server; its health service is written out, as Debian does not package it.
    private static let health = """
        import grpc, sys, time
        from concurrent import futures
        states = {b"": b"\\x08\\x01", b"kittens.v1.Nursery": b"\\x08\\x01", b"kittens.v1.Vet": b"\\x08\\x02"}
        def check(request, context):
            name = request[2:] if request else b""
            if name not in states:
                context.abort(grpc.StatusCode.NOT_FOUND, "unknown service")
            return states[name]
        class Health(grpc.GenericRpcHandler):
            def service(self, details):
                if details.method == "/grpc.health.v1.Health/Check":
                    return grpc.unary_unary_rpc_method_handler(check)
        server = grpc.server(futures.ThreadPoolExecutor(2))
        if len(sys.argv) < 3:
            server.add_generic_rpc_handlers((Health(),))
        server.add_insecure_port("127.0.0.1:" + sys.argv[1])
        server.start()
        time.sleep(600)
        """

    @Test func `the health service of a gRPC server is asked`() async throws {
        try await withFolder { folder in
            let file = try folder.write("health.py", Self.health)
            try await withServer("/usr/bin/python3", { [file, "\($0)"] }) { port in
                let rows: [([String: String], Bool, String)] = [
                    ([:], true, "SERVING"), (["service": "kittens.v1.Nursery"], true, "SERVING"),
                    (["service": "kittens.v1.Vet"], false, "NOT_SERVING, expected SERVING"),
                    (["service": "dogs.v1.Kennel"], false, "gRPC status NOT_FOUND (no such service): unknown service"),
                ]
                for (more, isSuccess, reason) in rows {
                    let result = try await probe("grpc", ["host": "127.0.0.1", "port": "\(port)"].merging(more) { $1 })
                    #expect(result.reason == reason)
                    #expect(result.isSuccess == isSuccess)
                }
            }
            try await withServer("/usr/bin/python3", { [file, "\($0)", "without"] }) { port in
                let result = try await probe("grpc", ["host": "127.0.0.1", "port": "\(port)"])
                #expect(result.reason.hasPrefix("gRPC status UNIMPLEMENTED (no health service)"), "\(result.reason)")
            }
        }
    }

    @Test func `a page that changes is an error, or noted`() async throws {
        try await withFolder { folder in
            try folder.write("page", "kitten")
            let digest = "0f1f4d87bf3aca59ed3a2abba4b0e8b9ab3b7af4d9bb3cfd4d2fb4b3d3ee5c3d"
            try await withNginx(in: folder, { "server { listen 127.0.0.1:\($0); root \(folder.path); }" }) { port in
                let url = ["url": "http://127.0.0.1:\(port)/page"]
                let fixed = try check("http-digest", url)
                let dynamic = try check("http-digest", url.merging(["changes": "dynamic"]) { $1 })
                func reason(_ check: any Check) async -> (Bool, String) {
                    let result = await check.probe(timeout: .seconds(5), on: MultiThreadedEventLoopGroup.singleton)
                    return (
                        result.isSuccess,
                        String(result.reason.filter { !$0.isHexDigit || !$0.isLowercase && !$0.isNumber })
                    )
                }
                #expect(
                    await fixed.probe(timeout: .seconds(5), on: MultiThreadedEventLoopGroup.singleton).reason.hasSuffix(
                        ", seen for the first time"))
                #expect(
                    await fixed.probe(timeout: .seconds(5), on: MultiThreadedEventLoopGroup.singleton).reason.hasSuffix(
                        ", unchanged"))
                #expect(await dynamic.probe(timeout: .seconds(5), on: MultiThreadedEventLoopGroup.singleton).isSuccess)
                let (sum, _) = try await run("sha256sum", [folder.path + "/page"])
                let right = try await probe("http-digest", url.merging(["sha256": String(sum.prefix(64))]) { $1 })
                #expect(right.reason == "SHA-256 \(sum.prefix(64)), unchanged")
                try folder.write("page", "dog")
                let changed = await fixed.probe(timeout: .seconds(5), on: MultiThreadedEventLoopGroup.singleton)
                #expect(!changed.isSuccess && changed.reason.hasSuffix(", expected \(sum.prefix(64))"))
                let noted = await dynamic.probe(timeout: .seconds(5), on: MultiThreadedEventLoopGroup.singleton)
                #expect(noted.isSuccess && noted.reason.hasPrefix("SHA-256 changed from \(sum.prefix(64)) to "))
                let wrong = try await probe("http-digest", url.merging(["sha256": digest]) { $1 })
                #expect(!wrong.isSuccess)
            }
        }
    }
}
