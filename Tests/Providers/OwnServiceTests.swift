import Addresses
import DNS
import Emulators
import Foundation
import Providers
import TestSupport
import Testing

/// The user's own program and the user's own URL.
@Suite struct OwnServiceTests {
    @Test func `a program of the user's own passes the conformance suite`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let provider = try exec(Self.recordKeeper, reads: true, in: folder)
        let findings = await ProviderConformance(
            provider, owner: try Name("www.example.org"), outside: try Name("www.example.test")
        ).run()
        #expect(findings == [])
    }

    @Test func `a URL of the user's own passes the conformance suite`() async throws {
        try await withWebhook { _, provider in
            let findings = await ProviderConformance(
                provider, owner: try Name("www.example.org"), outside: try Name("www.example.test")
            ).run()
            #expect(findings == [])
        }
    }

    @Test func `a program gets the change as one JSON object, keys sorted`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let provider = try exec("cat > '\(folder.path)/seen'\n", in: folder)
        #expect(await outcome(of: provider, setting: ["192.0.2.1"]) == "accepted: accepted")
        let seen = try String(contentsOfFile: folder.path + "/seen", encoding: .utf8)
        #expect(
            seen == #"{"action":"write","name":"www.example.org","#
                + #""rrsets":[{"ttl":300,"type":"A","values":["192.0.2.1"]}],"types":["A"]}"#)
    }

    @Test(arguments: [
        ("exit 0", "accepted: accepted"),
        (#"echo '{"words":"all 3 servers told"}'"#, "accepted: all 3 servers told"),
        ("echo done", "the answer was not understood: "),  // not JSON: nobody knows what it means
        ("echo no such host >&2; exit 1", "refused (invalid): no such host"),
        ("echo busy >&2; exit 75", "the provider has an error: busy"),  // sysexits: EX_TEMPFAIL
        ("exit 77", "refused (credentials): "),  // sysexits: EX_NOPERM
        (#"echo '{"error":"refused","reason":"noSuchZone","words":"not ours"}'"#, "refused (no such zone): not ours"),
        (#"echo '{"error":"conflict","words":"newer"}'; exit 1"#, "changed by somebody else meanwhile: newer"),
        (#"echo '{"error":"unavailable","words":"later"}'"#, "the provider has an error: later"),
        ("kill -9 $$", "it is not known whether it took effect: "),
    ])
    func `what a program's end means`(script: String, meaning: String) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let provider = try exec(script + "\n", in: folder)
        let said = await outcome(of: provider, setting: ["192.0.2.1"])
        #expect(said.hasPrefix(meaning), "\(said)")
    }

    @Test func `a program that hangs is killed with all that it has started`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let provider = try exec("sleep 600 & echo $! > '\(folder.path)/child'; wait\n", in: folder)
        let start = ContinuousClock.now
        let said = await outcome(of: provider, setting: ["192.0.2.1"], within: .seconds(3))
        #expect(said.hasPrefix("it is not known whether it took effect"), "\(said)")
        #expect(ContinuousClock.now - start < .seconds(60), "it would take ten minutes")
        let text = try String(contentsOfFile: folder.path + "/child", encoding: .utf8)
        let child = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        try await eventually("its child is gone") { !isAlive(child) }
    }

    @Test func `a program that floods its output does no harm`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let provider = try exec("head -c 20000000 /dev/zero; exit 1\n", in: folder)
        #expect(await outcome(of: provider, setting: ["192.0.2.1"]).hasPrefix("refused (invalid)"))
    }

    @Test func `a program that is not there is refused for good`() async throws {
        let provider = try Exec(ProviderArguments(["program": "/nonexistent/program"]))
        let said = await outcome(of: provider, setting: ["192.0.2.1"])
        #expect(said.hasPrefix("refused (not supported): /nonexistent/program cannot be started"), "\(said)")
    }

    @Test func `a wrong token is refused, and never repeated`() async throws {
        try await withWebhook(token: "wrong-token") { _, provider in
            #expect(await outcome(of: provider, setting: ["192.0.2.1"]) == "refused (credentials): wrong token")
        }
    }

    @Test(arguments: [Fault.reset, .lost, .truncated, .badGateway, .badGatewayAfterwards, .serverError, .html])
    func `after an answer that is lost nobody claims to know`(fault: Fault) async throws {
        try await withWebhook { emulator, provider in
            await emulator.faults.add(fault)
            let said = await outcome(of: provider, setting: ["192.0.2.1"])
            #expect(said.hasPrefix("it is not known"), "\(said)")
            #expect(await outcome(of: provider, setting: ["192.0.2.1"]) == "accepted: done")
            #expect(await emulator.listing() == ["www.example.org 300 A 192.0.2.1"])
        }
    }

    /// Keeps the records of example.org in a file beside itself.
    private static let recordKeeper = """
        exec python3 -c '
        import json, os, sys
        order = json.load(sys.stdin)
        path = os.path.join(os.path.dirname(sys.argv[1]), "records.json")
        records = json.load(open(path)) if os.path.exists(path) else {}
        name = order["name"]
        if not name.endswith(".example.org"):
            print(json.dumps({"error": "refused", "reason": "noSuchZone", "words": name + " is not mine"}))
        elif order["action"] == "read":
            sets = [s for s in records.get(name, []) if s["type"] in order["types"]]
            print(json.dumps({"rrsets": sets}))
        else:
            kept = [s for s in records.get(name, []) if s["type"] not in order["types"]]
            records[name] = kept + order["rrsets"]
            with open(path + ".new", "w") as new:
                json.dump(records, new)
            os.rename(path + ".new", path)
            print(json.dumps({"words": "done"}))
        ' "$0"

        """
}

private func isAlive(_ process: Int32) -> Bool {
    guard let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return false }
    return !status.contains(") Z ")
}

/// The driver with a shell script as its program.
private func exec(_ script: String, reads: Bool = false, in folder: TemporaryFolder) throws -> Exec {
    let path = try folder.write("program", "#!/bin/sh\n" + script)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    return try Exec(ProviderArguments(["program": "program", "reads": reads ? "yes" : "no"], folder: folder.path))
}

/// Runs `body` with a service for example.org that wants `good-token`, and a driver that has `token`.
private func withWebhook(
    token: String = "good-token", _ body: (WebhookEmulator, Webhook) async throws -> Void
) async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try folder.write("token", token)
    let emulator = WebhookEmulator(zone: "example.org", token: "good-token")
    let running = try await RunningEmulator.start(emulator)
    do {
        let provider = try Webhook(
            ProviderArguments(
                ["url": running.url + "/records", "token": "file:token", "reads": "yes"], folder: folder.path))
        try await body(emulator, provider)
    } catch {
        await running.stop()
        throw error
    }
    await running.stop()
}
