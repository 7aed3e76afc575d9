import Addresses
import CSockets
import DNS
import DNSServer
import Glibc
import Logging
import Testing

extension Name: ExpressibleByStringLiteral {
    package init(stringLiteral text: String) {
        guard let name = try? Name(text) else { fatalError("not a name: \(text)") }
        self = name
    }
}

/// The kitten site's zone, with two name servers and a handful of names.
func kittenZone(serial: UInt32 = 7) -> Zone {
    let apex: Name = "example.test."
    let (ns1, ns2): (Name, Name) = ("ns1.example.test.", "ns2.example.test.")
    let numbers: [UInt8] = withUnsafeBytes(of: serial.bigEndian) { Array($0) } + [0, 0, 0, 9, 0, 0, 0, 9, 0, 0, 0, 9]
    return Zone(
        apex: apex,
        rrsets: [
            RRset(owner: apex, type: .soa, ttlSeconds: 900, rdata: [ns1.wire + ns1.wire + numbers + [0, 0, 0, 60]]),
            RRset(owner: apex, type: .ns, ttlSeconds: 900, rdata: [ns1.wire, ns2.wire]),
            RRset(owner: ns1, type: .a, ttlSeconds: 900, rdata: [[192, 0, 2, 1]]),
            RRset(owner: ns2, type: .a, ttlSeconds: 900, rdata: [[192, 0, 2, 2]]),
            RRset(owner: "www.example.test.", type: .cname, ttlSeconds: 300, rdata: [Name("cat.example.test.").wire]),
            RRset(
                owner: "big.example.test.", type: .a, ttlSeconds: 300,
                rdata: (0..<200).map { [198, 51, 100, UInt8($0)] }),
        ])
}

func kittens(_ addresses: UInt32...) -> DynamicAnswer {
    DynamicAnswer(.addresses(v4: addresses.map(IPv4Address.init(bits:)), v6: []))
}

func kittenSnapshot(_ dynamicNames: [Name] = ["cat.example.test."], serial: UInt32 = 7) throws -> ZoneSnapshot {
    try ZoneSnapshot(zones: [kittenZone(serial: serial)], dynamicNames: dynamicNames)
}

/// Runs a server on `address` with a port of the system's choice while `body` uses it.
func withServer(
    on addresses: [String] = ["127.0.0.1"], workers: Int = 2, limits: DNSServerLimits = DNSServerLimits(),
    snapshot: ZoneSnapshot? = nil, options: AnswerOptions = AnswerOptions(),
    transfers: TransferPolicy = TransferPolicy(),
    _ body: (DNSServer, [DNSListen]) async throws -> Void
) async throws {
    let server = DNSServer(
        listen: try addresses.map { DNSListen(address: try #require(IPAddress($0)), port: 0) }, workers: workers,
        snapshot: try snapshot ?? kittenSnapshot(), options: options, limits: limits,
        transfers: transfers, logger: quiet)
    let listening = try await server.start()
    do {
        try await body(server, listening)
    } catch {
        await server.stop()
        throw error
    }
    await server.stop()
}

/// A question as octets, without EDNS.
func query(_ name: Name, _ type: RRType = .a, id: UInt16 = 0x1234) -> [UInt8] {
    [UInt8(id >> 8), UInt8(id & 0xFF), 1, 0, 0, 1, 0, 0, 0, 0, 0, 0] + name.wire
        + [UInt8(type.rawValue >> 8), UInt8(type.rawValue & 0xFF), 0, 1]
}

/// What the header of a reply says.
struct Header: Equatable {
    var id: UInt16
    var code: UInt8
    var isTruncated: Bool
    var answers: Int

    init?(_ reply: [UInt8]) {
        guard reply.count >= 12 else { return nil }
        id = UInt16(reply[0]) << 8 | UInt16(reply[1])
        code = reply[3] & 15
        isTruncated = reply[2] & 2 != 0
        answers = Int(reply[6]) << 8 | Int(reply[7])
    }
}

/// A blocking socket that gives up after a minute.
final class Client: Sendable {
    private let descriptor: Int32

    init(udp listen: DNSListen) throws {
        descriptor = ninelives_connect_udp(listen.address.octets, listen.address.octets.count, UInt16(listen.port))
        try #require(descriptor >= 0)
        ninelives_set_receive_timeout(descriptor, 60_000)
    }

    /// To 127.0.0.1.
    init(tcp listen: DNSListen) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = UInt16(listen.port).bigEndian
        name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(result == 0)
        ninelives_set_receive_timeout(descriptor, 60_000)
    }

    deinit { close(descriptor) }

    func send(_ octets: [UInt8]) throws {
        var sent = 0
        while sent < octets.count {
            let result = octets.withUnsafeBytes {
                Glibc.send(
                    descriptor, $0.baseAddress.map { $0 + sent }, octets.count - sent, Int32(MSG_NOSIGNAL))
            }
            try #require(result > 0)
            sent += result
        }
    }

    func closeOutput() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// At most `count` octets; empty when the other side has closed, nil after a minute of silence.
    func receive(_ count: Int = 65_535) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: count)
        let result = recv(descriptor, &buffer, count, 0)
        return result < 0 ? (errno == ECONNRESET ? [] : nil) : Array(buffer[..<result])
    }

    func ask(_ message: [UInt8]) throws -> [UInt8] {
        try send(message)
        return try #require(receive(), "no reply")
    }

    /// The next frame of a TCP connection; nil at its end.
    func frame() -> [UInt8]? {
        guard let head = exactly(2), let body = exactly(Int(head[0]) << 8 | Int(head[1])) else { return nil }
        return body
    }

    private func exactly(_ count: Int) -> [UInt8]? {
        var octets: [UInt8] = []
        while octets.count < count {
            guard let more = receive(count - octets.count), !more.isEmpty else { return nil }
            octets += more
        }
        return octets
    }
}

func framed(_ message: [UInt8]) -> [UInt8] { [UInt8(message.count >> 8), UInt8(message.count & 0xFF)] + message }

let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
