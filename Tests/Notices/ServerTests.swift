import Foundation
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import Notices

/// The executable with real checks and a real receiver.
@Suite(.serialized) struct ServerTests {
    private static let secret = "whsec_" + Data((0..<32).map { UInt8($0) }).base64EncodedString()

    /// A server that checks one port under several names and tells of it by a webhook.
    private final class Site {
        static let names = (0..<5).map { "target\($0)" }
        let folder: TemporaryFolder
        let targetPort: Int
        let hookPort: Int
        let httpPort: Int
        private(set) var process: ChildProcess?
        private var target: (any NIOCore.Channel)?
        private var printedBefore = ""

        init() throws {
            folder = try TemporaryFolder()
            targetPort = try freePort()
            hookPort = try freePort()
            httpPort = try freePort()
            let indicators = Self.names.map {
                "  \($0): { check: tcp, host: 127.0.0.1, port: \(targetPort), policy: quick }\n"
            }.joined()
            try folder.write("secret", ServerTests.secret + "\n")
            try folder.write(
                "n.yaml",
                """
                listen: { dns: ["127.0.0.1:\(try freePort())"], http: "127.0.0.1:\(httpPort)" }
                data: ./data
                policies:
                  quick: { interval: 1s, timeout: 900ms, recheck: 20ms, fall: 1, rise: 1 }
                indicators:
                \(indicators)
                notices:
                  name: ns1.example.org
                  channels:
                    hook: { kind: webhook, url: "http://127.0.0.1:\(hookPort)/hook", secret: "file:secret" }
                  subscriptions:
                    everything: { to: hook, group: 0s }
                """)
        }

        func start() async throws {
            let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
            let binary = URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("ninelives")
                .path
            let process = try ChildProcess(binary, ["serve", "--config", "\(folder.path)/n.yaml"])
            self.process = process
            let url = "http://127.0.0.1:\(httpPort)/healthz"
            do {
                try await eventually("the server is there") {
                    try await run("curl", ["-s", "--max-time", "2", url]).output.hasPrefix("ok")
                }
            } catch {
                Issue.record("\(process.printed)")
                throw error
            }
        }

        /// As a power cut would, but for the disk's own memory.
        func killHard() async {
            process?.signal(SIGKILL)
            await process?.end()
            printedBefore += process?.printed ?? ""
            if let path = process?.outputPath { try? FileManager.default.removeItem(atPath: path) }
            process = nil
        }

        func setTarget(up: Bool) async throws {
            if up {
                target = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                    .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                    .bind(host: "127.0.0.1", port: targetPort).get()
            } else {
                try await target?.close()
                target = nil
            }
        }

        var printed: String { printedBefore + (process?.printed ?? "") }

        struct List<Item: Decodable>: Decodable { var items: [Item] }

        struct Event: Decodable {
            var id: Int
            var kind: String
            var text: String
            var indicator: String?
        }

        struct Notice: Decodable {
            var id: Int
            var state: String
            var title: String
        }

        func get<Item: Decodable>(_ path: String) async throws -> [Item] {
            let url = "http://127.0.0.1:\(httpPort)/api/v1/\(path)"
            let output = try await run("curl", ["-s", "--max-time", "30", url]).output
            return try JSONDecoder().decode(List<Item>.self, from: Data(output.utf8)).items
        }

        /// Waits until the history says so of every name; what it says is on the disk.
        func expect(state: String) async throws {
            try await eventually("all are \(state)") {
                let events: [Event] = try await get("events?kind=state&limit=1000")
                return Self.names.allSatisfy { name in
                    events.first { $0.indicator == name }?.text.contains("→ \(state)") == true
                }
            }
        }

        func command(_ arguments: String...) async throws -> (output: String, code: Int32) {
            let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
            let binary = URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("ninelives")
                .path
            return try await run(
                binary,
                arguments + [
                    "--url", "http://127.0.0.1:\(httpPort)", "--token-file", "\(folder.path)/data/local.token",
                ])
        }

        func stop() async {
            await process?.stop()
            try? await target?.close()
            folder.remove()
        }
    }

    @Test func `kill -9 between a change and its delivery loses no notice`() async throws {
        let site = try Site()
        do {
            try await site.setTarget(up: true)
            try await site.start()
            try await site.expect(state: "ok")
            // Nobody listens to the webhook: everything waits.
            for round in 0..<6 {
                let isUp = !round.isMultiple(of: 2)
                try await site.setTarget(up: isUp)
                try await site.expect(state: isUp ? "ok" : "err")
                await site.killHard()
                try await site.start()
            }
            let waiting: [Site.Notice] = try await site.get("notices?state=waiting&limit=1000")
            #expect(!waiting.isEmpty)
            let failed = try await site.command("notices", "test", "hook")
            #expect(failed.code == 1 && failed.output.contains("connection refused"), "\(failed.output)")

            let receiver = try await HTTPReceiver(port: site.hookPort)
            let tested = try await site.command("notices", "test", "hook")
            #expect(tested.code == 0 && tested.output.contains("delivered in"), "\(tested.output)")
            try await eventually("nothing waits any more") {
                let waiting: [Site.Notice] = try await site.get("notices?state=waiting")
                return waiting.isEmpty
            }
            let told = try receiver.requests.flatMap { request in
                try JSONDecoder().decode(WebhookBody.self, from: Data(request.body.utf8)).items.map(\.text)
            }
            let events: [Site.Event] = try await site.get("events?kind=state&limit=1000")
            // The first `ok` of each is no news to anybody.
            let changes = events.map(\.text).filter { !$0.contains("unknown → ok") }
            #expect(changes.count == 6 * Site.names.count, "\(changes)")
            for text in Set(changes) {
                let (happened, heard) = (changes.count { $0 == text }, told.count { $0 == text })
                #expect(heard >= happened, "\(text) happened \(happened) times and was told \(heard) times")
            }
            let listed = try await site.command("notices", "list")
            #expect(listed.output.contains("target0") && listed.output.contains("delivered"), "\(listed.output)")
            let channels = try await site.command("notices", "channels")
            #expect(channels.output.contains("http://127.0.0.1:\(site.hookPort)"), "\(channels.output)")
            for text in [listed.output, channels.output, site.printed] { #expect(!text.contains(Self.secret)) }
            await receiver.stop()
        } catch {
            Issue.record("\(error): \(site.printed.suffix(4000))")
        }
        await site.stop()
    }
}
