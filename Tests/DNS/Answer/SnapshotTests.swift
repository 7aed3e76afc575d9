import Addresses
import DNS
import Testing

private let head = "@ 9 SOA ns host 7 2 3 4 5\n@ 9 NS ns.example.org.\n"

@Suite struct SnapshotTests {
    @Test(
        arguments: [
            ("@ 9 NS ns", [], .noSOA(apex: "example.test.")),
            ("@ 9 SOA a b 1 2 3 4", [], .noSOA(apex: "example.test.")),  // cut off
            ("@ 9 SOA a b 1 2 3 4 5", [], .noNS(apex: "example.test.")),
            (head + "example.org. 9 A 192.0.2.1", [], .ownerOutsideZone(owner: "example.org.", apex: "example.test.")),
            (head, ["example.org."], .dynamicNameOutsideZones("example.org.")),
            (head, ["a.example.test.", "A.example.test."], .duplicateDynamicName("A.example.test.")),
            (head + "a 9 CNAME b", ["a.example.test."], .dynamicNameIsAlias("a.example.test.")),
            (head + "a 9 NS b", ["a.example.test."], .dynamicNameOccluded("a.example.test.", by: "a.example.test.")),
            (
                head + "a 9 NS b", ["x.y.a.example.test."],
                .dynamicNameOccluded("x.y.a.example.test.", by: "a.example.test.")
            ),
            (
                head + "a 9 DNAME b.", ["x.a.example.test."],
                .dynamicNameOccluded("x.a.example.test.", by: "a.example.test.")
            ),
        ] as [(String, [String], ZoneSnapshotError)])
    func `zones that cannot be answered from are refused for their reason`(
        text: String, dynamic: [String], error: ZoneSnapshotError
    ) throws {
        let zone = try zone("example.test.", text)
        #expect(throws: error) { try ZoneSnapshot(zones: [zone], dynamicNames: dynamic.map { try Name($0) }) }
    }

    @Test func `two zones of one name are refused, whatever their letter case`() throws {
        let zones = try [zone("example.test.", head), zone("EXAMPLE.test.", head)]
        #expect(throws: ZoneSnapshotError.duplicateZone("example.test.")) {
            try ZoneSnapshot(zones: zones, dynamicNames: [])
        }
    }

    @Test func `an RRset longer than a message is refused`() throws {
        let small = try zone("example.test.", head)
        let rdata = (0..<300).map { [UInt8](repeating: UInt8($0 & 0xFF), count: 250 + $0 / 256) }
        let big = RRset(owner: "big.example.test.", type: RRType(rawValue: 99), ttlSeconds: 9, rdata: rdata)
        let zone = Zone(apex: small.apex, rrsets: small.rrsets + [big])
        #expect(throws: ZoneSnapshotError.rrsetTooLarge(owner: "big.example.test.", type: RRType(rawValue: 99))) {
            try ZoneSnapshot(zones: [zone], dynamicNames: [])
        }
    }

    @Test func `every one of ten thousand names is found, and none that is not there`() throws {
        let small = try zone("example.test.", head)
        let many = try (0..<10_000).map { index in
            RRset(
                owner: try Name("n\(index).part\(index % 7).example.test."), type: RRType(rawValue: 1),
                ttlSeconds: 9, rdata: [[10, 0, UInt8(index >> 8), UInt8(index & 0xFF)]])
        }
        let authority = try Authority([Zone(apex: small.apex, rrsets: small.rrsets + many)])
        #expect(authority.snapshot.nameCount == 10_000 + 7 + 1)
        #expect(authority.snapshot.rrsetCount == 10_002)
        for index in stride(from: 0, to: 10_000, by: 3) {
            let lines = try authority.ask("n\(index).PART\(index % 7).example.test A")
            #expect(lines[1].hasSuffix("9 A 10.0.\(index >> 8).\(index & 0xFF)"))
            #expect(try authority.ask("n\(index).part\((index + 1) % 7).example.test A").first == "NXDOMAIN aa rd")
        }
    }

    @Test func `thousands of small zones live beside one another`() throws {
        let zones = try (0..<3000).map { index in
            try zone("z\(index).test.", head + "www 9 A 10.1.\(index / 256).\(index % 256)")
        }
        let authority = try Authority(zones)
        #expect(authority.snapshot.zoneCount == 3000)
        for index in stride(from: 0, to: 3000, by: 7) {
            #expect(
                try authority.ask("www.z\(index).test A")[1]
                    == "an www.z\(index).test. 9 A 10.1.\(index / 256).\(index % 256)")
            #expect(
                try authority.ask("no.z\(index).test A").last
                    == "ns z\(index).test. 5 SOA ns.z\(index).test. host.z\(index).test. 7 2 3 4 5")
        }
    }

    @Test func `a name is found in the zone with the longest apex`() throws {
        let snapshot = try ZoneSnapshot(
            zones: [zone("test.", head), zone("example.test.", head)], dynamicNames: ["cat.example.test."])
        #expect(snapshot.zoneIndex(of: "x.example.TEST.") == 1)
        #expect(snapshot.zoneIndex(of: "other.test.") == 0)
        #expect(snapshot.zoneIndex(of: "org.") == nil)
        #expect(snapshot.slot(of: "Cat.example.test.") == 0)
        #expect(snapshot.slot(of: "example.test.") == nil)
        #expect(snapshot.apexName(ofZone: 1) == "example.test.")
    }
}

@Suite struct DynamicTableTests {
    private func answer(_ address: UInt32) -> DynamicAnswer {
        DynamicAnswer(.addresses(v4: [IPv4Address(bits: address)], v6: []))
    }

    @Test func `a swapped answer is in force at once, and the one before is given back`() throws {
        let authority = try Authority([zone("example.test.", head)], dynamic: [("cat.example.test.", nil)])
        #expect(authority.table.exchange(slot: 0, answer(0x0A00_0001)) == nil)
        #expect(try authority.ask("cat.example.test A")[1] == "an cat 30 A 10.0.0.1")
        let old = authority.table.exchange(slot: 0, answer(0x0A00_0002))
        #expect(old != nil)
        old?.free()
        #expect(try authority.ask("cat.example.test A")[1] == "an cat 30 A 10.0.0.2")
    }

    @Test func `an advanced serial number is in every SOA record`() throws {
        let authority = try Authority([zone("example.test.", head)])
        #expect(authority.table.advanceSerial(ofZone: 0) == 8)
        #expect(try authority.ask("example.test SOA")[1] == "an @ 9 SOA ns host 8 2 3 4 5")
        #expect(try authority.ask("no.example.test A")[1] == "ns @ 5 SOA ns host 8 2 3 4 5")
    }

    @Test(
        arguments: [
            (7, 9, 9),  // ahead
            (7, 7, 7),
            (7, 3, 7),  // behind
            (0xFFFF_FFFF, 2, 2),  // ahead, over the end of the numbers (RFC 1982 §3.2)
            (2, 0xFFFF_FFFF, 2),
        ] as [(UInt32, UInt32, UInt32)])
    func `a serial number is only ever raised`(from: UInt32, to least: UInt32, now: UInt32) throws {
        let authority = try Authority([
            zone("example.test.", "@ 9 SOA a b \(from) 2 3 4 5\n@ 9 NS ns.example.org.")
        ])
        #expect(authority.table.raiseSerial(ofZone: 0, toAtLeast: least) == now)
    }

    @Test(
        arguments: [
            ("@ 9 SOA ns host 7 2 3 4 5", 9, "the same content: nothing to tell"),
            ("@ 9 SOA ns host 20 2 3 4 5", 20, "the file is ahead"),
            ("@ 9 SOA ns host 8 2 3 4 5", 10, "changed, but the file is behind what we have said"),
            ("@ 9 SOA ns host 7 2 3 4 6", 10, "changed, and its author forgot the number"),
        ] as [(String, UInt32, String)])
    func `a new version of a zone goes forward from the number the old one had reached`(
        soa: String, expected: UInt32, why: String
    ) throws {
        let old = try Authority([zone("example.test.", head)])
        old.table.advanceSerial(ofZone: 0)
        old.table.advanceSerial(ofZone: 0)
        let new = try Authority([zone("example.test.", "\(soa)\n@ 9 NS ns.example.org.")])
        _ = new.table.adopt(old.table, of: old.snapshot, for: new.snapshot)
        #expect(new.table.serial(ofZone: 0) == expected, "\(why)")
    }

    @Test func `answers move to the next table with their names, not their slots`() throws {
        let old = try Authority(
            [zone("example.test.", head)],
            dynamic: [("a.example.test.", answer(1)), ("b.example.test.", answer(2)), ("c.example.test.", answer(3))])
        let new = try Authority(
            [zone("example.test.", head)],
            dynamic: [("c.example.test.", nil), ("new.example.test.", nil), ("a.example.test.", nil)])
        let shared = new.table.adopt(old.table, of: old.snapshot, for: new.snapshot)
        old.table.relinquish(shared)
        #expect(try new.ask("a.example.test A")[1] == "an a 30 A 0.0.0.1")
        #expect(try new.ask("c.example.test A")[1] == "an c 30 A 0.0.0.3")
        #expect(try new.ask("new.example.test A") == ["SERVFAIL rd"])
        #expect(try new.ask("b.example.test A").first == "NXDOMAIN aa rd")
    }

    @Test func `a long explanation is cut at a character`() throws {
        let text = String(repeating: "x", count: 119) + "ж" + "rest"
        let authority = try Authority(
            [zone("example.test.", head)],
            dynamic: [
                ("cat.example.test.", DynamicAnswer(.servfail, extendedError: ExtendedError(code: 0, text: text)))
            ])
        let line = try #require(try authority.ask("cat.example.test A", .edns).last)
        #expect(line == "ar OPT size 1232 ede 0 " + String(repeating: "x", count: 119))
    }
}

extension Name: ExpressibleByStringLiteral {
    package init(stringLiteral text: String) {
        guard let name = try? Name(text) else { fatalError("not a name: \(text)") }
        self = name
    }
}
