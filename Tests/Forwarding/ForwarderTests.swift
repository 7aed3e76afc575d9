import Addresses
import Failover
import Foundation
import Logging
import TestSupport
import Testing

@testable import Forwarding

/// The real nft and the kernel, on a router of the test's own.
@Suite(.enabled(if: VirtualNetwork.isPossible, Comment(rawValue: VirtualNetwork.skipped)), .timeLimit(.minutes(2)))
struct ForwarderTests {
    private static let line = "203.0.113.1"
    private static let toA = service(servers: ["10.0.0.1"], lines: [line])
    private static let toBoth = service(servers: ["10.0.0.1", "10.0.0.2"], lines: [line])
    private static let toNone = service(servers: [], lines: [line])
    private static let overV6 = service(
        servers: ["fd00::1", "fd00::2", "10.0.0.1"], lines: ["2001:db8:1::1", line], sharing: .clients)

    @Test func `nft lists what it was given, and reads our text as the same`() async throws {
        try await Site.with { site in
            let forwarder = try site.forwarder()
            for service in [Self.toA, Self.toBoth, Self.overV6] {
                await forwarder.enforce(service)
                #expect(await forwarder.status.state == .inForce)
                let table = ForwardTable(ForwardingPlan(services: [service]), holding: [])
                let ruleset = Ruleset(table, interfaces: ["lan", "wan"])
                let listed = { try await site.router.require("nft", "-j", "list", "table", "inet", "ninelives") }
                #expect(Listing(output: Array(try await listed().utf8)) == Listing(ruleset.objects))
                #expect(Listing(output: Array(try await listed().utf8))?.forwards == table.forwards)
                try await site.router.require("nft", "delete", "table", "inet", "ninelives")
                try await site.router.nft(ruleset.text, in: site.folder)
                #expect(Listing(output: Array(try await listed().utf8)) == Listing(ruleset.objects))
            }
        }
    }

    @Test func `other tables stay as they are, byte for byte`() async throws {
        try await Site.with { site in
            let before = try await site.foreignRules()
            let forwarder = try site.forwarder()
            await forwarder.enforce(Self.toA)
            await forwarder.enforce(Self.toBoth, service(name: "b", servers: ["fd00::1"], lines: ["2001:db8:1::1"]))
            #expect(try await site.tableHandle() != nil)
            #expect(try await site.foreignRules() == before)
            await forwarder.enforce()
            #expect(try await site.tableHandle() == nil)
            #expect(try await site.foreignRules() == before)
        }
    }

    @Test func `connections reach a server: from beyond, from the router, from beside the server, and over IPv6`()
        async throws
    {
        try await Site.with { site in
            _ = try await site.serve("a")
            let forwarder = try site.forwarder()
            #expect(try await site.ask() == [""])
            await forwarder.enforce(Self.toA, service(name: "v6", servers: ["fd00::1"], lines: ["2001:db8:1::1"]))
            #expect(try await site.ask() == ["a 203.0.113.2"], "the server sees who asks")
            #expect(try await site.ask("router") == ["a 203.0.113.1"])
            #expect(try await site.ask("b") == ["a 10.0.0.254"], "the answer must come back through the router")
            #expect(try await site.ask("a") == ["a 10.0.0.254"])
            #expect(try await site.ask(at: "[2001:db8:1::1]") == ["a 2001:db8:1::2"])
            #expect(try await site.ask("b", at: "[2001:db8:1::1]") == ["a fd00::254"])
            try await site.filterBridge(true)
            #expect(try await site.ask("b").first?.hasPrefix("a 10.0.0.") == true, "bridged through the rules")
        }
    }

    @Test func `two primaries share the connections, and a client can be kept at one`() async throws {
        try await Site.with { site in
            _ = try await site.serve("a")
            _ = try await site.serve("b")
            let forwarder = try site.forwarder()
            await forwarder.enforce(Self.toBoth)
            let names = try await site.ask(times: 8).map { $0.prefix(1) }
            #expect(names.filter { $0 == "a" }.count == 4 && names.filter { $0 == "b" }.count == 4, "\(names)")
            var together = Self.toBoth
            together.sharing = .clients
            await forwarder.enforce(together)
            #expect(Set(try await site.ask(times: 6)).count == 1)
            await forwarder.enforce(Self.toA)
            #expect(Set(try await site.ask(times: 4)) == ["a 203.0.113.2"])
        }
    }

    @Test(
        arguments: [
            ("delete table inet ninelives", "removed"),
            ("flush chain inet ninelives services", "a chain emptied"),
            ("add rule inet ninelives services tcp dport 80 drop", "a rule of somebody's"),
            (
                "insert rule inet ninelives services ip daddr 203.0.113.1 tcp dport 80 dnat ip to 10.0.0.9:1",
                "another target"
            ),
            ("delete element inet ninelives same_interface { \"lan\" . \"lan\" }", "an element gone"),
            ("add chain inet ninelives more", "a chain of somebody's"),
        ])
    func `what somebody else has changed is put right and told`(change: String, why: String) async throws {
        try await Site.with { site in
            let forwarder = try site.forwarder()
            await forwarder.enforce(Self.toA)
            let handle = try await site.tableHandle()
            let before = try await site.router.require("nft", "list", "table", "inet", "ninelives")
            await forwarder.turn()
            #expect(try await site.tableHandle() == handle, "what is equal is left alone")
            try await site.router.nft(change, in: site.folder)
            await forwarder.turn()
            #expect(try await site.router.require("nft", "list", "table", "inet", "ninelives") == before, "\(why)")
            #expect(await forwarder.status.repairs == 1)
            #expect(try await site.tableHandle() != handle)
        }
    }

    @Test func `a controller that starts takes over what it finds`() async throws {
        try await Site.with { site in
            try await site.forwarder().enforce(Self.toA)
            let handle = try await site.tableHandle()
            let second = try site.forwarder()
            await second.enforce(Self.toA)
            #expect(try await site.tableHandle() == handle, "equal")
            let third = try site.forwarder()
            await third.enforce(Self.toNone)
            #expect(try await site.tableHandle() == handle, "nothing is known yet: held")
            #expect(await third.status.places.map(\.servers) == [["10.0.0.1:8080"]])
            let fourth = try site.forwarder()
            await fourth.enforce(Self.toBoth)
            #expect(try await site.tableHandle() != handle, "changed")
            #expect(await fourth.status.repairs == 0)
        }
    }

    @Test(arguments: [ForwardedService.Established.cut, .keep])
    func `connections to a server that left are cut or kept`(established: ForwardedService.Established) async throws {
        try await Site.with { site in
            _ = try await site.serve("a")
            _ = try await site.serve("b")
            let forwarder = try site.forwarder()
            var service = Self.toA
            service.established = established
            await forwarder.enforce(service)
            let talk = try site.folder.write(
                "talk.py",
                """
                import http.client, sys, time
                line = http.client.HTTPConnection("\(Self.line)", 80, timeout=5)
                try:
                    while True:
                        line.request("GET", "/")
                        print(line.getresponse().read().decode(), flush=True)
                        time.sleep(0.02)
                except OSError as error:
                    print("ended:", type(error).__name__, flush=True)
                """)
            let talking = try site.client.start("python3", ["-S", talk])
            try await eventually("one connection is in use") { talking.printed.contains("a 203.0.113.2") }
            service.servers = [.init(address: try #require(IPAddress("10.0.0.2")), port: 8080)]
            await forwarder.enforce(service)
            #expect(try await site.ask() == ["b 203.0.113.2"], "new connections go to the other")
            if established == .cut {
                try await eventually("it is ended") { !talking.isRunning }
                #expect(talking.printed.hasSuffix("ended: ConnectionResetError\n"), "\(talking.printed.suffix(80))")
            } else {
                let count = talking.printed.count
                try await eventually("it goes on") { talking.printed.count > count + 200 }
                #expect(!talking.printed.contains("b "))
            }
            await talking.stop()
            #expect(await forwarder.status.problems.isEmpty)
        }
    }

    @Test func `without conntrack it is said that nothing is cut, and the rest works`() async throws {
        try await Site.with { site in
            _ = try await site.serve("a")
            let forwarder = try site.forwarder(hasConntrack: false)
            var service = Self.toA
            service.established = .cut
            await forwarder.enforce(service)
            #expect(try await site.ask() == ["a 203.0.113.2"])
            #expect(await forwarder.status.problems.contains { $0.contains("conntrack is not installed") })
        }
    }

    @Test func `without privileges it is said so once`() async throws {
        try await Site.with { site in
            let inner = try site.router.wrapper(for: "nft", in: site.folder)
            let outer = try site.folder.write(
                "unprivileged",
                "#!/bin/sh\nexec \(inner.replacing("nft-", with: "setpriv-")) --bounding-set=-all --inh-caps=-all \(try findTool("nft")) \"$@\"\n"
            )
            _ = try site.router.wrapper(for: "setpriv", in: site.folder)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: outer)
            let forwarder = Forwarder(
                programs: { ForwardingPrograms(nft: outer, conntrack: nil) }, machine: { Machine() },
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            await forwarder.enforce(Self.toA)
            #expect(await forwarder.status.state == .unavailable(.notPermitted))
        }
    }

    @Test func `when the plan changes it is in force soon, without waiting for the interval`() async throws {
        try await Site.with { site in
            let forwarder = try site.forwarder()
            let running = Task { await forwarder.run() }
            await forwarder.want(ForwardingPlan(services: [Self.toA]))
            try await eventually("in force") { await forwarder.status.state == .inForce }
            running.cancel()
            await running.value
            #expect(try await site.tableHandle() != nil, "kept when nobody looks any more")
        }
    }
}

/// What goes wrong before a rule is written.
@Suite struct ForwardingFailureTests {
    @Test func `without nft it is said what to install`() async {
        let forwarder = Forwarder(
            programs: { ForwardingPrograms(nft: nil, conntrack: nil) }, machine: { Machine() },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        await forwarder.enforce(service(servers: ["10.0.0.1"]))
        #expect(await forwarder.status.state == .unavailable(.noProgram))
        #expect("\(ForwardingError.noProgram)".contains("apt install nftables"))
    }

    @Test(
        arguments: [
            ("echo 'Error: Could not process rule: Operation not supported' >&2; exit 1", "has no nf_tables"),
            ("echo 'Unable to initialize Netlink socket: Protocol not supported' >&2; exit 1", "has no nf_tables"),
            ("echo 'Operation not permitted (you must be root)' >&2; exit 1", "CAP_NET_ADMIN"),
            ("echo 'Error: syntax error' >&2; exit 1", "refused the rules: Error: syntax error"),
            ("echo '{'", "printed no list of rules"),
            ("kill -9 $$", "ended by signal 9"),
        ])
    func `what nft ends with is told in words`(script: String, words: String) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let nft = try folder.write("nft", "#!/bin/sh\n\(script)\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: nft)
        await #expect {
            try await Nft(ForwardingPrograms(nft: nft, conntrack: nil)).listing()
        } throws: { "\($0)".contains(words) }
    }
}
