import Addresses
import DNS
import DNSClient
import Glibc
import NIOCore

/// `dnsbl`: an address is on none of the block lists (RFC 5782).
package struct DNSBL: Check {
    package static let method = "dnsbl"
    package static let summary = "An address is on none of the given DNS block lists."
    package static let parameters = [
        CheckParameter(
            "host", .text, form: "an IPv4 address, an IPv6 address or a host name", required: true, "Whom to look for."),
        CheckParameter(
            "lists", .text, form: "domain names separated by commas", required: true,
            "The lists to look at, 32 at most."),
        CheckParameter(
            "resolver", .text, form: "an address, or ADDRESS:PORT",
            "The name server to ask; the first of /etc/resolv.conf if not given."),
        AddressChoice.parameter,
    ]

    private let destination: Destination
    private let lists: [Name]
    private let resolver: (address: IPAddress, port: Int)

    package init(_ arguments: CheckArguments) throws(CheckArgumentErrors) {
        var reader = ArgumentReader(arguments, of: Self.self)
        let host = reader.read("host", Host.init)
        var lists: [Name] = []
        for part in (reader.text("lists") ?? "").split(separator: ",") {
            let text = part.filter { !$0.isWhitespace }
            if let name = try? Name(text), name != .root {
                lists.append(name)
            } else {
                reader.refuse("lists", "has \"\(printable(text))\", which is no domain name")
            }
        }
        if reader.has("lists"), !(1...32).contains(lists.count) { reader.refuse("lists", "has none, or more than 32") }
        let choice = reader.choice("address", default: AddressChoice.all)
        let resolver = reader.has("resolver") ? reader.serverAddress("resolver", port: 53) : Self.systemResolver
        if resolver == nil, !reader.has("resolver") {
            reader.refuse("resolver", "is missing, and /etc/resolv.conf names none")
        }
        destination = Destination(
            host: try reader.require(host), choice: choice, resolver: .system.forbidding(reader.forbidden))
        self.lists = lists
        self.resolver = try reader.require(resolver)
    }

    private static var systemResolver: (IPAddress, Int)? {
        guard let file = fopen("/etc/resolv.conf", "re") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 512)
        for _ in 0..<200 where fgets(&line, Int32(line.count), file) != nil {
            let words = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
                .split(whereSeparator: \.isWhitespace)
            if words.count > 1, words[0] == "nameserver", let address = IPAddress(words[1]) { return (address, 53) }
        }
        return nil
    }

    package var target: String { "\(destination.host)" }

    package func probe(timeout: Duration, on group: any EventLoopGroup) async -> ProbeResult {
        let (limit, loop) = (TimeLimit(timeout), group.next())
        return await destination.probeAddresses(within: limit, on: loop) { address, limit in
            let findings = await withTaskGroup(of: (Int, Finding).self) { tasks in
                for (index, list) in lists.enumerated() {
                    tasks.addTask { (index, await look(address, list, within: limit, on: loop)) }
                }
                return await tasks.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
            }
            return judge(findings)
        }
    }

    private enum Finding: Hashable, Sendable {
        case absent
        case listed(String)
        case silent(String)
    }

    private func look(_ address: IPAddress, _ list: Name, within limit: TimeLimit, on loop: any EventLoop) async
        -> Finding
    {
        guard let name = try? Name(Self.labels(address), relativeTo: list) else { return .silent("\(list)") }
        let answer = await DNSClient(group: loop).query(
            name, .a, server: resolver.address, port: resolver.port,
            timeout: max(Duration(limit.end - .now()), .milliseconds(1)), recursionDesired: true)
        guard case .success(let message) = answer else { return .silent("\(list)") }
        let codes = message.answers.filter { $0.type == .a && $0.rdata.count == 4 }.map(\.rdata)
        if codes.isEmpty {
            return message.rcode == .noError || message.rcode == .nxDomain ? .absent : .silent("\(list)")
        }
        // 127.255.255.0/24 is how lists tell that they do not answer this resolver; what is not in 127/8 is no list.
        guard let code = codes.first(where: { $0[0] == 127 && !($0[1] == 255 && $0[2] == 255) }) else {
            return .silent("\(list)")
        }
        return .listed("\(list) (\(code.map(String.init).joined(separator: ".")))")
    }

    /// `1.2.0.192` for 192.0.2.1; 32 nibbles for IPv6 (RFC 5782 §2.1, §2.4).
    private static func labels(_ address: IPAddress) -> String {
        switch address {
        case .v4(let v4): v4.octets.reversed().map(String.init).joined(separator: ".")
        case .v6(let v6):
            v6.octets.reversed().map { "\(String($0 & 0xF, radix: 16)).\(String($0 >> 4, radix: 16))" }
                .joined(separator: ".")
        }
    }

    private func judge(_ findings: [Finding]) -> Verdict {
        let listed = findings.compactMap { if case .listed(let list) = $0 { list } else { nil } }
        let silent = findings.compactMap { if case .silent(let list) = $0 { list } else { nil } }
        if !listed.isEmpty { return .err("listed by \(listed.joined(separator: ", "))") }
        if silent.count == findings.count {
            return .err("none of the lists answers: \(silent.joined(separator: ", "))")
        }
        let rest = silent.isEmpty ? "" : "; no answer from \(silent.joined(separator: ", "))"
        return .ok(
            "on none of \(findings.count - silent.count) \(findings.count - silent.count == 1 ? "list" : "lists")\(rest)"
        )
    }
}

extension ArgumentReader {
    /// An address, with a port behind it or not.
    mutating func serverAddress(_ key: String, port: Int) -> (IPAddress, Int)? {
        guard let text = text(key) else { return nil }
        if let address = IPAddress(text) { return isAllowed(.address(address), key) ? (address, port) : nil }
        guard let url = try? WebAddress("http://\(text)"), case .address(let address) = url.host,
            text.hasSuffix(":\(url.port)")
        else {
            refuse(key, "is not an address")
            return nil
        }
        return isAllowed(.address(address), key) ? (address, url.port) : nil
    }
}
