import Addresses
import DNS

/// The whole way from a datagram to its reply, over a fixed set of zones and over zones made of the input.
///
/// An input is a query; or a zone file, a zero octet and a query. Every reply must be a message that can be read, must
/// fit and must carry the query's id.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let octets = Array(UnsafeBufferPointer(start: start, count: count))
    if octets.starts(with: Array("@".utf8)), let end = octets.firstIndex(of: 0) {
        guard let apex = try? Name("example.test."),
            case .success(let zone) = ZoneFile.parse(Array(octets[..<end]), file: "z", origin: apex),
            let authority = Authority([zone])
        else { return 0 }
        authority.ask(Array(octets[(end + 1)...]))
        for rrset in zone.rrsets.prefix(20) {
            let below = (try? rrset.owner.prepending(Array("x".utf8))) ?? rrset.owner
            for (name, type) in [(rrset.owner, rrset.type), (below, .a), (below, .any), (rrset.owner, .ds)] {
                authority.ask(Message.query(name, type, id: 1, recursionDesired: false).wire)
            }
        }
    } else {
        fixed.ask(octets)
    }
    return 0
}

/// Zones and the table of their changing answers.
private struct Authority {
    let snapshot: ZoneSnapshot
    let table: DynamicTable

    init?(_ zones: [Zone]) {
        guard let snapshot = try? ZoneSnapshot(zones: zones, dynamicNames: []) else { return nil }
        self.snapshot = snapshot
        table = DynamicTable(for: snapshot)
    }

    func ask(_ query: [UInt8]) {
        for (transport, room) in [(QueryTransport.datagram, 512), (.datagram, 1232), (.stream, 65_535)] {
            let client = AskingClient(.v4(IPv4Address(bits: 0x7F00_0001)), over: transport, nowSeconds: 1_790_000_000)
            // Of exactly these sizes, so that a step beyond is found by AddressSanitizer.
            var reply = [UInt8](repeating: 0, count: room)
            let length = reply.withUnsafeMutableBytes { space in
                query.withUnsafeBytes { answer($0, for: client, from: AnswerSource(snapshot, table), into: space) }
            }
            withExtendedLifetime((snapshot, table)) {}
            precondition(length <= room)
            if length == 0 { continue }
            precondition(length >= 12 && reply[0] == query[0] && reply[1] == query[1] && reply[2] & 0x80 != 0)
            do {
                _ = try Message(wire: Array(reply[..<length]))
            } catch {
                fatalError("\(error) in the reply \(reply[..<length]) to \(query)")
            }
        }
    }
}

private let fixed: Authority = {
    let texts: [(String, String)] = [
        (
            "example.test.",
            """
            @ 300 SOA ns1 host 1 2 3 4 5
            @ 300 NS ns1
            ns1 300 A 192.0.2.1
            www 300 CNAME cat
            cat 300 TXT "meow"
            *.wild 300 CNAME deep.in
            *.star 300 NS ns.star
            sub 300 NS ns.sub
            ns.sub 300 AAAA 2001:db8::1
            old 300 DNAME new
            a.new 300 MX 10 www
            loop 300 DNAME x.loop
            big 300 TXT "\(String(repeating: "long ", count: 40))" "\(String(repeating: "long ", count: 40))"
            """
        ),
        ("in.example.test.", "@ 300 SOA ns host 1 2 3 4 5\n@ 300 NS ns\ndeep 300 HTTPS 1 . alpn=h2\n"),
        (".", ". 300 SOA ns.test. host.test. 1 2 3 4 5\n. 300 NS ns.test.\ntest. 300 NS ns.test.\n"),
    ]
    let zones = texts.compactMap { apex, text -> Zone? in
        guard let apex = try? Name(apex) else { return nil }
        return try? ZoneFile.parse(text, file: "fixed", origin: apex).get()
    }
    guard zones.count == texts.count, let authority = Authority(zones) else { fatalError("the fixed zones are broken") }
    return authority
}()
