import Failover
import Testing

@testable import Control

/// What is answered and forwarded when lines and servers are lost.
@Suite struct LineDecisionTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var lines: [String]
        var servers: [String]
        var all: String
        var only: String
        var forwarded: String

        init(_ lines: String, _ servers: String, all: String, only: String, to forwarded: String) {
            self.lines = lines.split(separator: " ").map(String.init)
            self.servers = servers.split(separator: " ").map(String.init)
            (self.all, self.only, self.forwarded) = (all, only, forwarded)
        }

        var testDescription: String { "lost: \((lines + servers).joined(separator: ", "))" }
    }

    private static let wan1 = "198.51.100.10"
    private static let wan2 = "203.0.113.10"
    private static let both = "198.51.100.10 203.0.113.10"
    private static let dc = "192.0.2.9"
    private static let primaries = "10.0.0.1:8443 10.0.0.2:8443"

    static let rows = [
        Row("", "", all: both, only: wan1, to: primaries),
        Row("", "web1", all: both, only: wan1, to: "10.0.0.2:8443"),
        Row("", "web2", all: both, only: wan1, to: "10.0.0.1:8443"),
        Row("", "web3", all: both, only: wan1, to: primaries),  // a spare is not missed
        Row("", "dc", all: both, only: wan1, to: primaries),
        Row("", "web1 web2", all: both, only: wan1, to: "10.0.0.3:8443"),  // the next level
        Row("", "web1 web2 web3", all: dc, only: dc, to: ""),  // nobody is onsite any more
        Row("wan1", "", all: wan2, only: wan2, to: primaries),
        Row("wan1", "web1", all: wan2, only: wan2, to: "10.0.0.2:8443"),
        Row("wan1", "web2", all: wan2, only: wan2, to: "10.0.0.1:8443"),
        Row("wan1", "web3", all: wan2, only: wan2, to: primaries),
        Row("wan1", "dc", all: wan2, only: wan2, to: primaries),
        Row("wan1", "web1 web2", all: wan2, only: wan2, to: "10.0.0.3:8443"),
        Row("wan1", "web1 web2 web3", all: dc, only: dc, to: ""),
        Row("wan2", "", all: wan1, only: wan1, to: primaries),
        Row("wan2", "web1", all: wan1, only: wan1, to: "10.0.0.2:8443"),
        Row("wan2", "web2", all: wan1, only: wan1, to: "10.0.0.1:8443"),
        Row("wan2", "web3", all: wan1, only: wan1, to: primaries),
        Row("wan2", "dc", all: wan1, only: wan1, to: primaries),
        Row("wan2", "web1 web2", all: wan1, only: wan1, to: "10.0.0.3:8443"),
        Row("wan2", "web1 web2 web3", all: dc, only: dc, to: ""),
        // Who comes late by a line that is up again for a moment is still served.
        Row("wan1 wan2", "", all: dc, only: dc, to: primaries),
        Row("wan1 wan2", "web1", all: dc, only: dc, to: "10.0.0.2:8443"),
        Row("wan1 wan2", "dc", all: dc, only: dc, to: primaries),  // held: the last answer
    ]

    /// The families apart, so that the rows are short: only IPv4 is compared here.
    private static let text = LineWorld.text.replacing(#"[198.51.100.10, "2001:db8:1::10"]"#, with: "198.51.100.10")

    @Test(arguments: rows, [false, true])
    func `each combination of what is lost has its answer and its forwarding`(row: Row, serversFirst: Bool) throws {
        for (redundancy, expected) in [("all", row.all), ("only", row.only)] {
            var world = try LineWorld(Self.text.replacing("redundancy: all", with: "redundancy: \(redundancy)"))
            for name in serversFirst ? row.servers + row.lines : row.lines + row.servers {
                world.lose(name)
                world.pass(.seconds(1))
            }
            if serversFirst, row.lines.count == 2, row.servers == ["dc"] {
                // With the spare lost first, the last line that worked is what is held.
                #expect(world.answer == Self.wan2, "\(redundancy)")
            } else {
                #expect(world.answer == expected, "\(redundancy)")
            }
            #expect(world.forwarded == row.forwarded, "\(redundancy)")
            for name in row.lines + row.servers { world.restore(name) }
            world.pass(.seconds(60))
            #expect(world.answer == (redundancy == "all" ? Self.both : Self.wan1), "everything is back")
            #expect(world.forwarded == Self.primaries)
        }
    }

    @Test func `an answer is never empty: with every line down and nothing else, the last one stays`() throws {
        var world = try LineWorld(Self.text.replacing("- dc: { offsite: 192.0.2.9, level: 2nd-backup }", with: ""))
        world.lose("wan2")
        #expect(world.answer == Self.wan1)
        world.lose("wan1")
        #expect(world.answer == Self.wan1)
        #expect(world.status?.decision?.active == [])
        let explanation = try #require(world.status.map(Explanation.init))
        #expect(explanation.steps.contains { $0.text.contains("shop.example.test:web1 [100] cut off from every line") })
        #expect(explanation.steps.contains { $0.text.contains("no member is usable: hold the last answer") })
        #expect(explanation.steps.contains { $0.text.contains("line:wan1 is err") })
        world.restore("wan2")
        world.pass(.seconds(10))
        #expect(world.answer == Self.wan2, "what is back at once is better than what is held")
    }

    @Test func `a line counts again once it has been up for ten seconds on end`() throws {
        var world = try LineWorld(Self.text)
        world.lose("wan1")
        #expect(world.answer == Self.wan2, "down counts at once")
        world.restore("wan1")
        world.pass(.seconds(4))
        #expect(world.answer == Self.wan2)
        #expect(world.report.lines.map(\.held) == ["up for 4 s of 10 s", nil])
        #expect(world.report.lines.map(\.state) == ["err", "ok"])
        world.lose("wan1")
        #expect(world.report.lines.map(\.held) == [nil, nil])
        world.pass(.seconds(3))
        world.restore("wan1")
        world.pass(.milliseconds(9_999))
        #expect(world.answer == Self.wan2, "it counts from the last time it came up")
        world.pass(.milliseconds(1))
        #expect(world.answer == Self.both)
        #expect(world.report.lines.map(\.held) == [nil, nil])
        #expect(world.report.lines.map(\.state) == ["ok", "ok"])
    }

    @Test func `a line is down only when all its test points fail, and up when any answers`() throws {
        var world = try LineWorld(Self.text)
        let points = world.indicators("wan1")
        for _ in 0..<3 { world.hand(.probed(points[0], Probe(.failure))) }
        #expect(world.answer == Self.both)
        for _ in 0..<2 { world.hand(.probed(points[1], Probe(.failure))) }
        #expect(world.answer == Self.both, "three tries each")
        world.hand(.probed(points[1], Probe(.success)))
        for _ in 0..<2 { world.hand(.probed(points[1], Probe(.failure))) }
        #expect(world.answer == Self.both, "one answer makes good for the failures before it")
        world.hand(.probed(points[1], Probe(.failure)))
        #expect(world.answer == Self.wan2)
        world.hand(.probed(points[1], Probe(.success)))
        world.pass(.seconds(10))
        #expect(world.answer == Self.both, "one answer of one test point is enough")
    }

    @Test func `an operator's word of a line or a server counts like everywhere else`() throws {
        var world = try LineWorld(Self.text)
        func order(_ action: Override.Action) { world.hand(.overridden(Override(action, author: "ann"))) }
        order(.maintenance(IndicatorName("line:wan1")))
        #expect(world.answer == Self.wan2)
        order(.maintenance(IndicatorName("shop.example.test:web1")))
        #expect(world.forwarded == "10.0.0.2:8443")
        order(.clear(IndicatorName("line:wan1")))
        #expect(world.answer == Self.both)
        order(.drain(IndicatorName("line:wan2")))
        #expect(world.answer == Self.wan1)
        order(.maintenance(IndicatorName("line:wan1")))
        #expect(world.answer == Self.wan2, "what is drained is better than nothing")
        let scheme = SchemeName("shop.example.test")
        order(.pin(scheme, IndicatorName("shop.example.test:web3")))
        #expect(world.forwarded == "10.0.0.3:8443")
        order(.pin(scheme, IndicatorName("shop.example.test:dc")))
        #expect(world.answer == Self.dc)
        #expect(world.forwarded == "10.0.0.2:8443", "those who still come by the lines are served")
    }

    @Test func `a member of both kinds answers with the union, each address once, in both families`() throws {
        let text = LineWorld.text
            .replacing("level: 2nd-backup", with: "level: primary")
            .replacing(#"{ onsite: "10.0.0.3:8443", level: backup }"#, with: #"{ onsite: "[fd00::3]:8443" }"#)
        var world = try LineWorld(text)
        #expect(world.answer == "192.0.2.9 \(Self.both) 2001:db8:1::10")
        #expect(world.plan.services.first?.lineAddresses.count == 3)
        world.lose("wan1")
        #expect(world.answer == "192.0.2.9 \(Self.wan2)", "web3 has no line of its family any more")
        #expect(world.report.services.first?.servers.map(\.unusableBecause) == [nil, nil, "line", nil])
        #expect(world.status?.ttlSeconds == 30)
    }

    @Test func `a load-balanced name loses the addresses of lines that are down, and nothing else`() throws {
        let hosts = """
            hosts:
              www.example.test:
                addresses: { wan1: [198.51.100.20, "2001:db8:1::20"], wan2: 203.0.113.20 }
            """
        let lines = try #require(LineWorld.text.split(separator: "services:").first)
        var world = try LineWorld(lines + hosts)
        #expect(world.answer == "198.51.100.20 203.0.113.20 2001:db8:1::20")
        world.lose("wan1")
        #expect(world.answer == "203.0.113.20")
        world.lose("wan2")
        #expect(world.answer == "203.0.113.20", "the last stays")
        var kept = try LineWorld(lines + hosts + "\n    other: 192.0.2.20")
        kept.lose("wan1", "wan2")
        #expect(kept.answer == "192.0.2.20")
        #expect(kept.plan.services.isEmpty)
    }

    @Test func `when no check succeeds any more, who is sent here is still forwarded to who answered last`() throws {
        var world = try LineWorld(Self.text.replacing("- dc: { offsite: 192.0.2.9, level: 2nd-backup }", with: ""))
        world.lose("web1")
        world.lose("web2")
        world.lose("web3")
        #expect(world.answer == Self.both)
        #expect(world.forwarded == "10.0.0.3:8443")
    }

    @Test func `a better server that has come back gets the traffic when the failback allows it`() throws {
        var world = try LineWorld(Self.text)
        world.lose("web1", "web2")
        world.pass(.seconds(5))
        world.restore("web1")
        #expect(world.forwarded == "10.0.0.3:8443")
        world.pass(.seconds(10))
        #expect(world.forwarded == "10.0.0.1:8443")
    }

    @Test func `the first answer waits for lines that have not been tried yet`() throws {
        let settings = try LineWorld(Self.text).settings
        var engine = Engine()
        let start = Instant(seconds: 1)
        _ = engine.handle(.configured(settings.configuration), at: start)
        for name in ["shop.example.test:web1", "shop.example.test:web2", "line:wan1:ping:192.0.2.1"] {
            _ = engine.handle(.probed(IndicatorName(name), Probe(.success)), at: start + .milliseconds(10))
        }
        #expect(engine.schemes[0].decision == nil)
        _ = engine.handle(
            .probed(IndicatorName("line:wan2:ping:192.0.2.2"), Probe(.success)), at: start + .milliseconds(20))
        #expect(engine.schemes[0].decision?.generation == 1)
    }

    @Test func `each port of a service goes to the same servers`() throws {
        let text = Self.text.replacing("port: 443", with: "port: [80, 443]").replacing(":8443", with: "")
        var world = try LineWorld(text)
        #expect(world.plan.services.map(\.port) == [80, 443])
        #expect(world.forwarded == "10.0.0.1:80 10.0.0.2:80 10.0.0.1:443 10.0.0.2:443")
        world.lose("web1")
        #expect(world.forwarded == "10.0.0.2:80 10.0.0.2:443")
        #expect(world.report.services[0].servers.map(\.isForwardedTo) == [false, true, false, false])
    }
}
