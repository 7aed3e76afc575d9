import Addresses
import Failover
import JSONTree

/// Our table as nft lists it, without what differs between equal tables: handles, and the order of a set's elements.
struct Listing: Hashable, Sendable {
    /// Everything but the rules.
    private let others: Set<JSONValue>
    /// Of each chain, in order.
    private let rules: [String: [JSONValue]]

    init(_ objects: [JSONValue]) {
        var (others, rules) = (Set<JSONValue>(), [String: [JSONValue]]())
        for object in objects {
            guard let (kind, value) = object.onlyMember, kind != "metainfo" else { continue }
            let object = Self.plain(value)
            if kind == "rule", let chain = object["chain"]?.string {
                rules[chain, default: []].append(object)
            } else {
                others.insert(.object([kind: object]))
            }
        }
        (self.others, self.rules) = (others, rules)
    }

    /// The output of `nft -j list table`; nil if it is none.
    init?(output: [UInt8]) {
        guard let objects = JSONValue(output)?["nftables"]?.array else { return nil }
        self.init(objects)
    }

    private static func plain(_ tree: JSONValue) -> JSONValue {
        switch tree {
        case .object(var members):
            members["handle"] = nil
            for (key, value) in members {
                let value = plain(value)
                let isSet = key == "set" || key == "elem"
                members[key] = isSet ? value.array.map { .array(sorted($0)) } ?? value : value
            }
            return .object(members)
        case .array(let elements): return .array(elements.map(plain))
        default: return tree
        }
    }

    private static func sorted(_ elements: [JSONValue]) -> [JSONValue] {
        elements.map { ($0.octets, $0) }.sorted { $0.0.lexicographicallyPrecedes($1.0) }.map(\.1)
    }

    /// What it forwards, as far as it is written as we write it.
    var forwards: [Forward] { (rules["services"] ?? []).compactMap(Forward.init(rule:)) }
}

extension Forward {
    /// Reads a rule that `Ruleset` has written.
    init?(rule: JSONValue) {
        var (line, transport, port) = (IPAddress?.none, ForwardedService.Transport?.none, UInt16?.none)
        var target: JSONValue?
        for statement in rule["expr"]?.array ?? [] {
            if let match = statement["match"], let payload = match["left"]?["payload"] {
                switch payload["field"]?.string {
                case "daddr": line = (match["right"]?.string).flatMap { IPAddress($0) }
                case "dport":
                    transport = (payload["protocol"]?.string).flatMap { ForwardedService.Transport(rawValue: $0) }
                    port = (match["right"]?.int).flatMap { UInt16(exactly: $0) }
                default: return nil
                }
            }
            target = statement["dnat"] ?? target
        }
        guard let line, let transport, let port, let target, let (servers, sharing) = Self.servers(of: target),
            !servers.isEmpty
        else { return nil }
        place = Place(line: line, transport: transport, port: port)
        service = rule["comment"]?.string ?? ""
        self.servers = servers.sorted()
        self.sharing = sharing
    }

    private static func servers(of target: JSONValue) -> ([Server], ForwardedService.Sharing)? {
        if let map = target["addr"]?["map"] {
            let sharing: ForwardedService.Sharing = map["key"]?["jhash"] == nil ? .connections : .clients
            let elements = map["data"]?["set"]?.array ?? []
            let servers = elements.compactMap { element -> Server? in
                guard let pair = element.array?.last?["concat"]?.array, pair.count == 2 else { return nil }
                return server(pair[0], pair[1])
            }
            return servers.count == elements.count ? (servers, sharing) : nil
        }
        guard let address = target["addr"], let port = target["port"], let server = server(address, port) else {
            return nil
        }
        return ([server], .connections)
    }

    private static func server(_ address: JSONValue, _ port: JSONValue) -> Server? {
        guard let address = address.string.flatMap({ IPAddress($0) }),
            let port = port.int.flatMap({ UInt16(exactly: $0) })
        else { return nil }
        return Server(address: address, port: port)
    }
}
