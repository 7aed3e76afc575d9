import Foundation
import TestSupport
import Testing

/// The appliance as its user sees it: real links, a real kernel, real requests.
@Suite(.enabled(if: VirtualNetwork.isPossible, Comment(rawValue: VirtualNetwork.skipped)), .timeLimit(.minutes(10)))
struct ApplianceTests {
    private static let nameServers = [
        "shop.example. 900 IN NS ns1.shop.example.", "shop.example. 900 IN NS ns2.shop.example.",
    ]
    private static let glue = ["ns1.shop.example. 900 IN A 198.51.100.10", "ns2.shop.example. 900 IN A 203.0.113.10"]

    /// Each differs from the one before in one thing, so that every loss and every return is seen.
    private static let worlds: [(lines: [String], servers: [String])] = [
        (["wan1", "wan2"], ["a", "b"]), (["wan2"], ["a", "b"]), (["wan2"], ["b"]), (["wan1", "wan2"], ["b"]),
        (["wan1", "wan2"], []), (["wan1"], []), (["wan1"], ["a"]), (["wan1", "wan2"], ["a"]), (["wan2"], ["a"]),
        ([], ["a"]), ([], ["a", "b"]), (["wan1"], ["a", "b"]), (["wan1"], ["b"]), (["wan1", "wan2"], ["b"]),
        (["wan1", "wan2"], ["a", "b"]),
    ]

    @Test func `whatever lines and servers are lost, names and connections lead to what is left`() async throws {
        try await ApplianceSite.with { site in
            var servers = ["a": try await site.serve("a"), "b": try await site.serve("b")]
            _ = try await site.serve("elsewhere", port: 80)
            let foreign = try await site.foreignRules()
            _ = try site.startNinelives()
            var lines: Set = ["wan1", "wan2"]
            for world in Self.worlds {
                for line in ["wan1", "wan2"] where lines.contains(line) != world.lines.contains(line) {
                    try await site.set(line: line, isUp: world.lines.contains(line))
                }
                lines = Set(world.lines)
                for server in ["a", "b"] {
                    if world.servers.contains(server) {
                        if servers[server] == nil { servers[server] = try await site.serve(server) }
                    } else if let process = servers.removeValue(forKey: server) {
                        process.signal(SIGKILL)
                        await process.end()
                    }
                }
                try await expect(world, at: site)
                #expect(try await site.foreignRules() == foreign)
            }
        }
    }

    private func expect(_ world: (lines: [String], servers: [String]), at site: ApplianceSite) async throws {
        guard !world.lines.isEmpty else {
            // From here nothing beyond is seen any more: which answer stays depends on what was noticed first.
            try await eventually("both lines are down") {
                try await site.ninelives("lines").matches(of: /wan\d down/).count == 2
            }
            return
        }
        let isOnsite = !world.servers.isEmpty
        let wanted = isOnsite ? world.lines.compactMap { ApplianceSite.lines[$0] } : [ApplianceSite.elsewhere]
        var reply = DigReply("")
        try await eventually("\(world) answers \(wanted)") {
            reply = try await site.dig(through: world.lines[0])
            // While a verdict is undecided, the TTL is shorter.
            return reply.addresses == wanted.sorted() && reply.ttls == ["30"]
        }
        #expect(reply.counts == [wanted.count, 2, 3], "\(reply)")
        #expect(reply.sections["AUTHORITY"] == Self.nameServers)
        #expect(reply.sections["ADDITIONAL"] == Self.glue && reply.hasOPT)
        guard isOnsite else {
            try await eventually("\(world): elsewhere is reached") {
                try await site.fetch(ApplianceSite.elsewhere) == "elsewhere 192.0.2.2"
            }
            return
        }
        let seen = Set(world.servers.map { "\($0) 192.0.2.2" })
        for address in wanted {
            // The rules follow the answer by the time that nft takes.
            try await eventually("\(world): \(address) leads to \(world.servers)") {
                Set([try await site.fetch(address), try await site.fetch(address)]) == seen
            }
        }
    }

    @Test func `a controller that is killed leaves traffic flowing, and one that starts puts right what has changed`()
        async throws
    {
        try await ApplianceSite.with { site in
            let servers = ["a": try await site.serve("a"), "b": try await site.serve("b")]
            let first = try site.startNinelives()
            try await expect((["wan1", "wan2"], ["a", "b"]), at: site)
            let rules = try await site.ourRules()
            let visiting = try site.visit("198.51.100.10")
            try await eventually("somebody visits") { visiting.printed.contains("a") && visiting.printed.contains("b") }
            first.signal(SIGKILL)
            await first.end()
            #expect(try await site.ourRules() == rules)
            let visits = visiting.printed.count
            try await eventually("visits go on") { visiting.printed.count > visits + 50 }

            let second = try site.startNinelives()
            try await expect((["wan1", "wan2"], ["a", "b"]), at: site)
            #expect(try await site.ourRules() == rules, "what is as it should be is left alone, handles and all")
            let shown = try await site.ninelives("forwarding", "show")
            #expect(shown.contains("chain services {") && shown.contains("198.51.100.10 80/tcp"), "\(shown)")
            let dry = try await site.ninelives("forwarding", "dry-run", "--json")
            let again = try site.folder.write("again.json", dry)
            try await site.router.require("nft", "-c", "-j", "-f", again)
            #expect(try await site.ourRules() == rules, "trying changes nothing")
            await second.stop()
            #expect(try await site.ourRules() == rules, "nor does a stop take anything away")
            visiting.signal(SIGKILL)
            await visiting.end()
            #expect(Set(visiting.printed) == ["a", "b"], "before, during and after, every visit was answered")
            await visiting.stop()

            servers["b"]?.signal(SIGKILL)
            try await site.router.require("nft", "flush", "chain", "inet", "ninelives", "services")
            let third = try site.startNinelives()
            try await expect((["wan1", "wan2"], ["a"]), at: site)
            try site.writeConfiguration(isForwarding: false)
            third.signal(SIGHUP)
            try await eventually("switched off, the table is gone") {
                try await site.ourRules().contains("chain") == false
            }
            try site.writeConfiguration()
            third.signal(SIGHUP)
            try await expect((["wan1", "wan2"], ["a"]), at: site)
            await third.stop()
            let removed = try await site.router.run(binary, ["forwarding", "remove"])
            #expect(removed.output.contains("Removed") && removed.code == 0, "\(removed.output)")
            #expect(try await site.fetch("198.51.100.10") == "")
            #expect(try await site.router.run(binary, ["forwarding", "remove"]).output.contains("There is no table"))
        }
    }

    @Test func `without the privilege to forward it is said, and names are answered all the same`() async throws {
        try await ApplianceSite.with { site in
            _ = try await site.serve("a")
            _ = try site.startNinelives(without: "net_admin")
            try await eventually("the name is answered") {
                try await site.dig(through: "wan1").addresses == ["198.51.100.10", "203.0.113.10"]
            }
            // Names are answered before the page is served.
            try await eventually("it is said") {
                (try? await site.ninelives("status"))?.contains("CAP_NET_ADMIN") == true
            }
            #expect(try await site.router.run("nft", ["list", "tables"]).output.contains("ninelives") == false)
        }
    }
}
