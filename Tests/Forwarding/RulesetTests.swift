import Addresses
import Failover
import JSONTree
import Testing

@testable import Forwarding

/// What is forwarded where, and how it is written for nft.
@Suite struct RulesetTests {
    static let one = service(servers: ["10.0.0.1"])
    static let two = service(servers: ["10.0.0.2", "10.0.0.1"])

    @Test(
        arguments: [
            (
                one, ["ip daddr 192.0.2.1 tcp dport 80 dnat ip to 10.0.0.1:8080 comment \"www.example.org\""],
                "a single server needs no map"
            ),
            (
                two,
                [
                    "ip daddr 192.0.2.1 tcp dport 80 dnat ip to numgen inc mod 2 map "
                        + "{ 0 : 10.0.0.1 . 8080, 1 : 10.0.0.2 . 8080 } comment \"www.example.org\""
                ], "several take turns, in the order of their addresses"
            ),
            (
                service(servers: ["10.0.0.1", "10.0.0.2"], sharing: .clients),
                [
                    "ip daddr 192.0.2.1 tcp dport 80 dnat ip to jhash ip saddr mod 2 map "
                        + "{ 0 : 10.0.0.1 . 8080, 1 : 10.0.0.2 . 8080 } comment \"www.example.org\""
                ], "a client's connections stay together"
            ),
            (
                service(servers: ["2001:db8:1::1"], lines: ["2001:db8::1"], transport: .udp),
                ["ip6 daddr 2001:db8::1 udp dport 80 dnat ip6 to [2001:db8:1::1]:8080 comment \"www.example.org\""],
                "IPv6 and UDP"
            ),
            (
                service(servers: ["10.0.0.1", "2001:db8:1::1"], lines: ["198.51.100.1", "2001:db8::1"]),
                [
                    "ip daddr 198.51.100.1 tcp dport 80 dnat ip to 10.0.0.1:8080 comment \"www.example.org\"",
                    "ip6 daddr 2001:db8::1 tcp dport 80 dnat ip6 to [2001:db8:1::1]:8080 comment \"www.example.org\"",
                ], "each line gets the servers of its family"
            ),
            (
                service(name: "a \"b\"; flush ruleset", servers: ["10.0.0.1"]),
                ["ip daddr 192.0.2.1 tcp dport 80 dnat ip to 10.0.0.1:8080 comment \"a__b_;_flush_ruleset\""],
                "a name cannot end its quotation"
            ),
        ])
    func `a service becomes one rule for each line`(service: ForwardedService, rules: [String], why: String) {
        let text = Ruleset(ForwardTable(ForwardingPlan(services: [service]), holding: []), interfaces: ["lan"]).text
        #expect(chain("services", of: text) == rules, "\(why)")
    }

    @Test func `what leaves where it came in is masqueraded, and nothing else`() {
        let ruleset = Ruleset(
            ForwardTable(ForwardingPlan(services: [Self.one]), holding: []), interfaces: ["lan", "b"])
        #expect(
            chain("postrouting", of: ruleset.text) == [
                "type nat hook postrouting priority 90; policy accept;",
                "ct status dnat iifname . oifname @same_interface jump hairpin",
            ])
        #expect(
            chain("hairpin", of: ruleset.text) == [
                "ct original ip daddr 192.0.2.1 meta l4proto tcp ct original proto-dst 80 masquerade "
                    + "comment \"www.example.org\""
            ])
        #expect(ruleset.text.contains("elements = { \"b\" . \"b\", \"lan\" . \"lan\" }"))
    }

    @Test func `the transaction takes away our table and makes it anew, and touches nothing else`() {
        let ruleset = Ruleset(ForwardTable(ForwardingPlan(services: [Self.two]), holding: []), interfaces: ["lan"])
        let commands = ruleset.commands["nftables"]?.array ?? []
        #expect(commands.prefix(3).map { $0.onlyMember?.key } == ["metainfo", "add", "delete"])
        #expect(commands.dropFirst(3).allSatisfy { $0.onlyMember?.key == "add" })
        for command in commands.dropFirst() {
            let object = command.onlyMember?.value.onlyMember
            let table = object?.key == "table" ? object?.value["name"] : object?.value["table"]
            #expect(table == "ninelives" && object?.value["family"] == "inet", "\(command)")
        }
    }

    @Test func `a service without an operational server keeps the servers that it had`() {
        let held = ForwardTable(ForwardingPlan(services: [Self.two]), holding: []).forwards
        var service = Self.two
        service.servers = []
        let table = ForwardTable(ForwardingPlan(services: [service]), holding: held)
        #expect(table.forwards == held)
        #expect(table.gaps.isEmpty)
    }

    @Test(
        arguments: [
            ([service(servers: [])], "no onsite server has been operational yet", "nothing to hold either"),
            ([service(servers: ["2001:db8::5"])], "the other IP family", "nothing translates between the families"),
            (
                [service(servers: ["10.0.0.1"]), service(name: "b", servers: ["10.0.0.2"])], "www.example.org has that",
                ""
            ),
        ])
    func `what cannot be forwarded is told`(services: [ForwardedService], words: String, why: String) {
        let table = ForwardTable(ForwardingPlan(services: services), holding: [])
        #expect(table.gaps.count == 1)
        #expect(table.gaps.first?.description.contains(words) == true, "\(why): \(table.gaps)")
        #expect(table.forwards.count == services.count - 1)
    }

    @Test(arguments: [one, two, service(servers: ["2001:db8:1::1"], lines: ["2001:db8::1"], transport: .udp)])
    func `what is in force is read from the rules`(service: ForwardedService) {
        let table = ForwardTable(ForwardingPlan(services: [service]), holding: [])
        #expect(Listing(Ruleset(table, interfaces: []).objects).forwards == table.forwards)
    }

    @Test func `connections to a server that left are cut if they shall be`() {
        let cut = service(servers: ["10.0.0.2"], established: .cut)
        let keep = service(servers: ["10.0.0.2"])
        let before = ForwardTable(ForwardingPlan(services: [Self.two]), holding: []).forwards
        for (service, count) in [(cut, 1), (keep, 0)] {
            let plan = ForwardingPlan(services: [service])
            let cuttings = Cutting.all(from: before, to: ForwardTable(plan, holding: before).forwards, for: plan)
            #expect(cuttings.count == count)
            #expect(cuttings.allSatisfy { "\($0.server.address)" == "10.0.0.1" })
        }
    }

    private func chain(_ name: String, of text: String) -> [String] {
        let lines = text.split(separator: "\n").drop { $0 != "\tchain \(name) {" }.dropFirst()
        return lines.prefix { $0 != "\t}" }.map { String($0.dropFirst(2)) }
    }
}

/// A service at port 80 of the lines, and 8080 of its servers.
func service(
    name: String = "www.example.org", servers: [String], lines: [String] = ["192.0.2.1"],
    transport: ForwardedService.Transport = .tcp, established: ForwardedService.Established = .keep,
    sharing: ForwardedService.Sharing = .connections
) -> ForwardedService {
    ForwardedService(
        name: name, transport: transport, port: 80, lineAddresses: lines.compactMap { IPAddress($0) },
        servers: servers.compactMap { IPAddress($0) }.map { .init(address: $0, port: 8080) }, established: established,
        sharing: sharing)
}
