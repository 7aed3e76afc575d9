import Addresses
import DNS
import DNSServer
import Synchronization
import TestSupport
import Testing

@Suite struct TransferTests {
    private func dig(_ listen: DNSListen, _ arguments: String...) async throws -> [String] {
        let (output, code) = try await run(
            "dig", ["@127.0.0.1", "-p", "\(listen.port)", "+tries=1", "+time=5", "+noall", "+answer"] + arguments)
        #expect(code == 0, "\(output)")
        return output.split(separator: "\n").filter { !$0.hasPrefix(";") }.map {
            $0.split { $0 == "\t" || $0 == " " }.joined(separator: " ")
        }
    }

    private static let soa = "example.test. 900 IN SOA ns1.example.test. ns1.example.test."

    @Test func `a transfer is the whole zone, scheme names with their values of now, SOA first and last`() async throws
    {
        try await withServer(loopbackPolicy()) { server, listen in
            server.publish(
                "cat.example.test.",
                DynamicAnswer(.addresses(v4: [IPv4Address(bits: 1)], v6: [IPv6Address(bits: 1)]), ttlSeconds: 30))
            let lines = try await dig(listen, "axfr", "example.test")
            #expect(lines.first == Self.soa + " 8 9 9 9 60" && lines.last == lines.first)
            #expect(
                lines.contains("cat.example.test. 30 IN A 0.0.0.1")
                    && lines.contains("cat.example.test. 30 IN AAAA ::1"))
            #expect(lines.contains("www.example.test. 300 IN CNAME cat.example.test."))
            #expect(lines.count { $0.hasPrefix("big.example.test. 300 IN A 198.51.100.") } == 200)
            #expect(
                lines.count == 209, "2 SOA, 2 NS, their 2 addresses, 2 of the scheme, the alias, 200 of the big one")
        }
    }

    @Test func `a zone of many messages comes whole, each of them full`() async throws {
        let snapshot = try ZoneSnapshot(zones: [largeZone(records: 30_000)], dynamicNames: [])
        try await withServer(loopbackPolicy(), snapshot: snapshot) { _, listen in
            let messages = try transfer(query("example.test.", .axfr), from: listen)
            let records = messages.flatMap(\.answers)
            #expect(records.count == 30_000 + 2 + 2 + 2 + 1 + 200)
            #expect(Set(records.map(\.description)).count == records.count - 1, "no record twice but the SOA")
            #expect(messages.count < 60, "23 octets for each record, 16,383 for each message")
            #expect(messages.allSatisfy { $0.header.flags.contains(.authoritative) && $0.header.id == 0x1234 })
        }
    }

    @Test func `a transfer is of one instant, however fast the zone changes`() async throws {
        let names = try (0..<40).map { try Name("scheme\($0).example.test.") }
        let snapshot = try ZoneSnapshot(zones: [largeZone(records: 4000)], dynamicNames: names)
        try await withServer(loopbackPolicy(), snapshot: snapshot) { server, listen in
            // The change number g is that of name g % 40, and takes the serial number to 7 + g.
            func publish(_ change: Int) {
                server.publish(names[change % 40], kittens(UInt32(change)))
            }
            for change in 1...40 { publish(change) }
            let done = Atomic(false)
            async let last: Int = {
                var change = 40
                while !done.load(ordering: .relaxed) {
                    change += 1
                    publish(change)
                    if change % 10 == 0 { try await Task.sleep(for: .milliseconds(1)) }
                }
                return change
            }()
            var serials: Set<Int> = []
            for _ in 0..<30 {
                let records = try transfer(query("example.test.", .axfr), from: listen).flatMap(\.answers)
                #expect(records.first == records.last && records.count > 4000)
                let soa = try #require(records.first?.rdata)
                let serial = soa.suffix(20).prefix(4).reduce(0) { $0 << 8 | Int($1) }
                serials.insert(serial)
                for (index, name) in names.enumerated() {
                    let newest = (serial - 7 - 39...serial - 7).first { $0 % 40 == index }
                    let values = records.filter { $0.owner == name }.map { $0.rdata.reduce(0) { $0 << 8 | Int($1) } }
                    #expect(values == [newest], "\(name) at \(serial)")
                }
            }
            done.store(true, ordering: .relaxed)
            #expect(try await last > 100 && serials.count > 5)
        }
    }

    @Test func `a client that does not read its transfer holds nobody up and gets all of it later`() async throws {
        let snapshot = try ZoneSnapshot(zones: [largeZone(records: 200_000)], dynamicNames: [])
        try await withServer(loopbackPolicy(), snapshot: snapshot) { server, listen in
            let slow = try Client(tcp: listen)
            try slow.send(framed(query("example.test.", .axfr)) + framed(query("n5.example.test.")))
            let other = try Client(tcp: listen)
            for _ in 0..<10 {
                try other.send(framed(query("n7.example.test.")))
                #expect(other.frame() != nil)
            }
            #expect(server.counters.replyBytes < 20 << 20, "what the kernel takes, not more")
            var records = 0
            while records < 200_000 + 207 { records += try Message(wire: #require(slow.frame())).answers.count }
            #expect(records == 200_000 + 207)
            let next = try Message(wire: #require(slow.frame()))
            #expect(next.answers.first?.description == "n5.example.test. 300 IN A 10.0.0.5", "the query behind it")
        }
    }

    // MARK: - IXFR

    @Test func `an IXFR sends what has changed since, several changes of a name as one`() async throws {
        try await withServer(loopbackPolicy()) { server, listen in
            for value in 1...5 { server.publish("cat.example.test.", kittens(UInt32(value), 99)) }
            let expected = [
                Self.soa + " 12 9 9 9 60", Self.soa + " 9 9 9 9 60", "cat.example.test. 30 IN A 0.0.0.2",
                Self.soa + " 12 9 9 9 60", "cat.example.test. 30 IN A 0.0.0.5", Self.soa + " 12 9 9 9 60",
            ]
            let streamed = try await dig(listen, "ixfr=9", "example.test")
            #expect(streamed == expected)
            let datagram = try await dig(listen, "+notcp", "ixfr=9", "example.test")
            #expect(datagram == expected)
        }
    }

    @Test(arguments: [12, 13])  // the same number as ours, and one ahead of it
    func `an IXFR from a serial number that is not behind ours is the SOA record alone`(serial: Int) async throws {
        try await withServer(loopbackPolicy()) { server, listen in
            for value in 1...5 { server.publish("cat.example.test.", kittens(UInt32(value))) }
            for transport in ["+tcp", "+notcp"] {
                let lines = try await dig(listen, transport, "ixfr=\(serial)", "example.test")
                #expect(lines == [Self.soa + " 12 9 9 9 60"])
            }
        }
    }

    @Test func `an IXFR from before what is remembered is the whole zone, over UDP the SOA record alone`() async throws
    {
        try await withServer(loopbackPolicy()) { server, listen in
            server.publish("cat.example.test.", kittens(1))
            let whole = try await dig(listen, "+tcp", "ixfr=3", "example.test")
            #expect(whole.count == 208 && whole[1].contains(" NS ") && whole.last == whole.first)
            var datagram = query("example.test.", .ixfr)
            datagram[9] = 1
            datagram += [0xC0, 0x0C, 0, 6, 0, 1, 0, 0, 0, 0, 0, 22, 0, 0, 0, 0, 0, 3] + Array(repeating: 0, count: 16)
            let reply = try Message(wire: Client(udp: listen).ask(datagram))
            #expect(reply.answers.map(\.type) == [.soa] && !reply.header.flags.contains(.truncated))
        }
    }

    @Test func `an IXFR over UDP that does not fit is the SOA record alone`() async throws {
        try await withServer(loopbackPolicy()) { server, listen in
            server.publish("cat.example.test.", kittens(1))
            server.publish(
                "cat.example.test.", DynamicAnswer(.addresses(v4: (0..<200).map { IPv4Address(bits: $0) }, v6: [])))
            let datagram = try await dig(listen, "+notcp", "ixfr=8", "example.test")
            #expect(datagram == [Self.soa + " 9 9 9 9 60"])
            let streamed = try await dig(listen, "+tcp", "ixfr=8", "example.test")
            #expect(streamed.count == 3 + 199 + 1)
        }
    }

    @Test func `a reload that changes little is sent as what it changes`() async throws {
        try await withServer(loopbackPolicy()) { server, listen in
            server.publish("cat.example.test.", kittens(1))
            let old = kittenZone(serial: 20)
            let new = RRset(owner: "new.example.test.", type: .txt, ttlSeconds: 5, rdata: [[1, 0x78]])
            let zone = Zone(apex: old.apex, rrsets: old.rrsets.filter { $0.owner != "www.example.test." } + [new])
            server.replace(try ZoneSnapshot(zones: [zone], dynamicNames: ["cat.example.test.", "dog.example.test."]))
            server.publish("dog.example.test.", kittens(2))
            let lines = try await dig(listen, "ixfr=8", "example.test")
            #expect(
                lines == [
                    Self.soa + " 21 9 9 9 60", Self.soa + " 8 9 9 9 60",
                    "www.example.test. 300 IN CNAME cat.example.test.", Self.soa + " 20 9 9 9 60",
                    "new.example.test. 5 IN TXT \"x\"", Self.soa + " 20 9 9 9 60", Self.soa + " 21 9 9 9 60",
                    "dog.example.test. 30 IN A 0.0.0.2", Self.soa + " 21 9 9 9 60",
                ])
        }
    }

    // MARK: - Refusals

    @Test(
        arguments: [
            ([], "example.test", "REFUSED", "18"),  // nobody is allowed
            (["192.0.2.0/24"], "example.test", "REFUSED", "18"),
            (["127.0.0.1"], "example.org", "NOTAUTH", "20"),  // not a zone of ours
            (["127.0.0.1"], "www.example.test", "NOTAUTH", "20"),  // a name, not a zone
            (["127.0.0.1"], "example.test", "SERVFAIL", "14"),  // the scheme has no decision yet
        ] as [([String], String, String, String)])
    func `a transfer that may not be is refused with the reason`(
        allowed: [String], zone: String, code: String, error: String
    ) async throws {
        let rules = allowed.map { (text: String) in TransferRule(prefix: AddressPrefix(text)) }
        try await withServer(TransferPolicy(transfer: rules)) { _, listen in
            for type in ["ixfr=3", "axfr"] {
                var message = Message.query(
                    try Name(zone), type == "axfr" ? .axfr : .ixfr, id: 7, recursionDesired: false)
                if type != "axfr" {
                    message.authority = [
                        MessageRecord(
                            owner: try Name(zone), type: .soa, ttlSeconds: 0,
                            rdata: [0, 0, 0, 0, 0, 3] + Array(repeating: 0, count: 16))
                    ]
                }
                let reply = try #require(try transfer(message.wire, from: listen).first)
                #expect("\(reply.rcode)" == code)
                #expect(reply.answers.isEmpty && !reply.header.flags.contains(.authoritative))
                #expect(reply.edns?.options.first.map { "\($0.octets[1])" } == error)
            }
        }
    }

    @Test func `AXFR over UDP is FORMERR, and so is an IXFR without a serial number`() async throws {
        try await withServer(loopbackPolicy()) { server, listen in
            server.publish("cat.example.test.", kittens(1))
            let overUDP = try Client(udp: listen).ask(query("example.test.", .axfr))
            #expect(Header(overUDP)?.code == 1)
            let withoutSerial = try transfer(query("example.test.", .ixfr), from: listen)
            #expect(withoutSerial.first?.rcode == .formErr)
        }
    }
}
