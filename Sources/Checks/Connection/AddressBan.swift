import Addresses
import DNS
import NIOCore

/// Where checks must not go (`checks: { forbid: … }`), for installations whose users do not trust each other: a check
/// tells whoever wrote it what it found, and should not be a way into the network behind the server.
///
/// An address that is written is refused when the configuration is read. What a name stands for is looked at when it
/// has been looked up, before anything is sent there, so that a name that changes its address is no way around it.
package struct AddressBan: Hashable, Sendable {
    /// A kind of addresses, or what may reach any.
    package enum Kind: String, CaseIterable, Sendable {
        /// RFC 1918, RFC 6598, RFC 4193; loopback, the unspecified addresses and multicast with them.
        case `private`
        /// RFC 3927 and RFC 4291 §2.5.6: there clouds tell a machine its secrets.
        case linkLocal = "link-local"
        /// Programs (`exec`), which go where they like.
        case programs

        fileprivate var prefixes: [String] {
            switch self {
            case .private:
                [
                    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
                    "224.0.0.0/3", "::/127", "fc00::/7", "fec0::/10", "ff00::/8",
                ]
            case .linkLocal: ["169.254.0.0/16", "fe80::/10"]
            case .programs: []
            }
        }
    }

    private var words: Set<String> = []
    private var prefixes: [AddressPrefix] = []

    package init() {}

    package var isEmpty: Bool { words.isEmpty }
    package var forbidsPrograms: Bool { words.contains(Kind.programs.rawValue) }

    /// Adds a kind or `ADDRESS/LENGTH`; false if it is neither.
    package mutating func forbid(_ word: String) -> Bool {
        if let kind = Kind(rawValue: word) {
            prefixes += kind.prefixes.compactMap { AddressPrefix($0) }
        } else if let prefix = AddressPrefix(word) {
            prefixes.append(prefix)
        } else {
            return false
        }
        words.insert(word)
        return true
    }

    /// Whether nothing may be sent there. An IPv4 address counts in whatever IPv6 address it is wrapped.
    package func forbids(_ address: IPAddress) -> Bool {
        if prefixes.isEmpty { return false }
        return ([address] + Self.wrapped(in: address)).contains { address in
            prefixes.contains { $0.contains(address) }
        }
    }

    /// Mapped and compatible (RFC 4291 §2.5.5), translated (RFC 6052 §2.1) and 6to4 (RFC 3056 §2).
    private static func wrapped(in address: IPAddress) -> [IPAddress] {
        let octets = address.octets
        guard octets.count == 16 else { return [] }
        let head = octets.prefix(12)
        let isMapped =
            head.prefix(10).allSatisfy { $0 == 0 } && (head.suffix(2) == [0xFF, 0xFF] || head.suffix(2) == [0, 0])
        let isTranslated = head.elementsEqual([0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0])
        if isMapped || isTranslated { return [IPAddress(octets: octets.suffix(4))].compactMap { $0 } }
        if octets.starts(with: [0x20, 0x02]) { return [IPAddress(octets: octets[2..<6])].compactMap { $0 } }
        return []
    }

    /// Why a check does not go there.
    func words(_ address: IPAddress) -> String { "\(address) is an address that checks are kept from (checks.forbid)" }
}

extension NameResolver {
    /// The same resolver, which gives no address that is forbidden.
    func forbidding(_ ban: AddressBan) -> NameResolver {
        if ban.isEmpty { return self }
        var resolver = NameResolver { name, loop in
            resolve(name, loop).flatMapThrowing { addresses in
                let kept = addresses.filter { !ban.forbids($0) }
                if kept.isEmpty, let first = addresses.first { throw LookupFailure.forbidden(first) }
                return kept
            }
        }
        resolver.ban = ban
        return resolver
    }
}
