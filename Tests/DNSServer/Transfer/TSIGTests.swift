import DNS
import DNSServer
import Foundation
import TestSupport
import Testing

@Suite struct TSIGTests {
    private var now: UInt64 { UInt64(Date().timeIntervalSince1970) }

    @Test(
        arguments: [
            (Signing(), 0, .none, true),
            (Signing(secondsOff: -290), 0, .none, true),  // the clocks may be 300 s apart
            (Signing(breaksMAC: true), 9, .badSignature, false),
            (Signing(keyName: "other.key."), 9, .badKey, false),
            (Signing(keyName: "hmac-sha512.key."), 9, .badKey, false),  // a key of another algorithm
            (Signing(secondsOff: -400), 9, .badTime, true),
            (Signing(secondsOff: 400), 9, .badTime, true),
            (Signing(secondsOff: -400, breaksMAC: true), 9, .badSignature, false),  // the MAC is looked at first
            (Signing(cutTo: 16), 9, .badTruncation, true),  // long enough to be a MAC, not for us
            (Signing(secondsOff: -400, cutTo: 16), 9, .badTime, true),  // the time before the truncation
            (Signing(cutTo: 15), 1, .none, false),  // FORMERR: below half of the hash (RFC 8945 §5.2.2.1)
            (Signing(cutTo: 33), 1, .none, false),  // FORMERR: longer than the hash
        ] as [(Signing, Int, TSIGError, Bool)])
    func `a signed query gets what RFC 8945 says`(
        signing: Signing, code: Int, error: TSIGError, isSigned: Bool
    ) async throws {
        let policy = TransferPolicy(keys: try [transferKey(), transferKey(.sha512)])
        try await withServer(policy) { server, listen in
            server.publish("cat.example.test.", kittens(0x7F00_000B))
            let moment = now
            let request = signed(query("cat.example.test."), signing, now: moment)
            let tcp = try Client(tcp: listen)
            try tcp.send(framed(request.octets))
            for reply in [try Client(udp: listen).ask(request.octets), try #require(tcp.frame())] {
                let header = try #require(Header(reply))
                #expect(header.id == 0x1234 && Int(header.code) == code)
                #expect(header.answers == (code == 0 ? 1 : 0))
                let record = try SignedMessage(reply)?.record
                #expect(record?.error ?? .none == error)
                #expect((record != nil) == (code != 1))
                #expect(try isSigned ? verifies(reply, after: request.mac) : record?.mac ?? [] == [])
                if error == .badTime {
                    #expect(record?.otherOctets.count == 6, "our time")
                    #expect(record?.timeSigned == UInt64(Int64(moment) + signing.secondsOff), "theirs")
                }
            }
        }
    }

    @Test func `a MAC that was agreed to be cut is taken, and the reply's is as long`() async throws {
        try await withServer(TransferPolicy(keys: [transferKey(least: 16)])) { server, listen in
            server.publish("cat.example.test.", kittens(0x7F00_000B))
            let request = signed(query("cat.example.test."), Signing(cutTo: 16), now: now)
            let reply = try Client(udp: listen).ask(request.octets)
            #expect(Header(reply)?.code == 0)
            #expect(try SignedMessage(reply)?.record.mac.count == 16)
            #expect(try verifies(reply, after: request.mac))
        }
    }

    @Test func `a TSIG record that is not the last, or one of two, is FORMERR`() async throws {
        try await withServer(TransferPolicy(keys: [transferKey()])) { _, listen in
            let client = try Client(udp: listen)
            let once = signed(query("cat.example.test."), now: now).octets
            let opt: [UInt8] = [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0]
            var behind = once + opt
            behind[11] += 1
            #expect(Header(try client.ask(behind))?.code == 1)
            let twice = signed(once, now: now).octets
            #expect(Header(try client.ask(twice))?.code == 1)
            #expect(Header(try client.ask(once.dropLast(3)))?.code == 1)
        }
    }

    @Test func `a notice or an update is not taken, and signed it is refused with a signature`() async throws {
        try await withServer(TransferPolicy(keys: [transferKey()])) { _, listen in
            let client = try Client(udp: listen)
            for opcode in [4, 5] as [UInt8] {
                var message = query("example.test.", .soa)
                message[2] = opcode << 3
                #expect(Header(try client.ask(message))?.code == 4)
                let request = signed(message, now: now)
                let reply = try client.ask(request.octets)
                #expect(Header(reply)?.code == 4)
                #expect(try verifies(reply, after: request.mac))
            }
        }
    }

    @Test(arguments: TSIGAlgorithm.allCases)
    func `dig and kdig verify replies and whole transfers with each algorithm`(algorithm: TSIGAlgorithm) async throws {
        let key = try transferKey(algorithm)
        let zone = try largeZone(records: 3000)
        let policy = TransferPolicy(keys: [key], transfer: [TransferRule(prefix: nil, key: key.name)])
        try await withServer(policy, snapshot: ZoneSnapshot(zones: [zone], dynamicNames: [])) { _, listen in
            let secret = Data(transferSecret).base64EncodedString()
            let own = ["-p", "\(listen.port)", "-y", "\(algorithm.rawValue):\(key.name):\(secret)"]
            for arguments in [["n7.example.test"], ["+tcp", "n7.example.test"], ["axfr", "example.test"]] {
                for tool in ["dig", "kdig"] {
                    let (output, code) = try await run(tool, ["@127.0.0.1"] + own + arguments)
                    #expect(code == 0 && output.contains("TSIG"), "\(output.prefix(2000))")
                    #expect(output.contains("10.0.0.7"))
                    for complaint in ["verify", "WARNING -- ", ";; ERROR", "failed", "BADSIG", "invalid"] {
                        #expect(!output.contains(complaint), "\(tool): \(output.suffix(2000))")
                    }
                }
            }
        }
    }

    @Test func `SHA-224 digests are those of FIPS 180-4 and its HMAC that of RFC 4231`() {
        func hex(_ octets: [UInt8]) -> String {
            octets.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        }
        #expect(hex(SHA224.digest(Array("abc".utf8))) == "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7")
        #expect(hex(SHA224.digest([])) == "d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f")
        let mac = SHA224.authenticate(
            [Array("what do ya want ".utf8), Array("for nothing?".utf8)], key: Array("Jefe".utf8))
        #expect(hex(mac) == "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44")
    }
}

/// `example.test.` with this many names `n0`, `n1`, … of one address each.
func largeZone(records: Int) throws -> Zone {
    let zone = kittenZone()
    var rrsets = zone.rrsets
    for index in 0..<records {
        let octets = [10, UInt8(index >> 16 & 0xFF), UInt8(index >> 8 & 0xFF), UInt8(index & 0xFF)] as [UInt8]
        rrsets.append(
            RRset(owner: try Name("n\(index).example.test."), type: .a, ttlSeconds: 300, rdata: [octets]))
    }
    return Zone(apex: zone.apex, rrsets: rrsets)
}
