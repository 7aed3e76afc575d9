import Addresses
import DNS
import Foundation
import Yams

/// Keys, who may transfer zones, and who is told of changes.
extension SettingsReader {
    mutating func readKeys(_ entry: Entry?) -> [TSIGKey] {
        var keys: [TSIGKey] = []
        for (written, child) in entries(of: entry) {
            guard let key = readKey(written, child) else { continue }
            if keys.contains(where: { $0.name == key.name }) {
                report(child.atKey, "is a key already: names compare without case and final dot", "each key once")
            } else {
                keys.append(key)
            }
        }
        return keys
    }

    private mutating func readKey(_ written: String, _ entry: Entry) -> TSIGKey? {
        let fields = fields(of: entry, allowed: SettingsKeys.key)
        guard entry.isSection else { return nil }
        let owner = name(written, entry.atKey)
        var algorithm: (TSIGAlgorithm, leastMACLength: Int)? = (.sha256, TSIGAlgorithm.sha256.macLength)
        if let place = fields["algorithm"] { algorithm = readAlgorithm(place) }
        let secret = readSecret(entry, fields)
        guard let owner, let algorithm, let secret else { return nil }
        return TSIGKey(
            name: owner.inLowerCase, algorithm: algorithm.0, secret: secret, leastMACLength: algorithm.leastMACLength)
    }

    /// `hmac-sha256`, or `hmac-sha256-128` where MACs cut to 128 bits are taken.
    private mutating func readAlgorithm(_ place: Entry) -> (TSIGAlgorithm, leastMACLength: Int)? {
        guard let text = text(of: place) else { return nil }
        for algorithm in TSIGAlgorithm.allCases where text.lowercased().hasPrefix(algorithm.rawValue) {
            let rest = text.dropFirst(algorithm.rawValue.count)
            if rest.isEmpty { return (algorithm, algorithm.macLength) }
            guard rest.first == "-" else { continue }
            let range = 8 * algorithm.shortestMACLength...8 * algorithm.macLength
            guard let bits = Int(rest.dropFirst()), range.contains(bits), bits.isMultiple(of: 8) else {
                report(
                    place, value: text, "cuts the MAC to a length that it may not have",
                    "\(algorithm.rawValue)-N with N of \(range.lowerBound)…\(range.upperBound), a multiple of 8")
                return nil
            }
            return (algorithm, bits / 8)
        }
        reportMissing(text, place, "is not an algorithm", among: TSIGAlgorithm.allCases.map(\.rawValue))
        return nil
    }

    /// What is wrong with a secret is told without it.
    private mutating func readSecret(_ entry: Entry, _ fields: [String: Entry]) -> TSIGSecret? {
        let sources = ["secret", "secret-file", "secret-env"].compactMap { name in fields[name].map { (name, $0) } }
        guard let (source, place) = sources.first else {
            report(entry.atKey, "has no secret", "secret, secret-file or secret-env")
            return nil
        }
        guard sources.count == 1 else {
            report(sources[1].1.atKey, "stands beside \(source)", "one of the two")
            return nil
        }
        guard let written = text(of: place) else { return nil }
        let base64: String
        switch source {
        case "secret-file":
            guard let contents = readFile(resolve(written)) else {
                report(place, value: written, "cannot be read", "a file that holds the secret in Base64")
                return nil
            }
            base64 = contents
        case "secret-env":
            guard let value = ProcessInfo.processInfo.environment[written] else {
                report(place, value: written, "is not set", "an environment variable that holds the secret in Base64")
                return nil
            }
            base64 = value
        default: base64 = written
        }
        guard let secret = TSIGSecret(base64: base64) else {
            report(place, "is not Base64", "what `tsig-keygen` or `openssl rand -base64 32` prints")
            return nil
        }
        return secret
    }

    // MARK: Lists

    /// `192.0.2.0/24`, `key NAME`, or both in this order; nil if there is no such list.
    mutating func readTransferRules(_ entry: Entry?, keys: [Name]) -> [TransferRule]? {
        guard let entry else { return nil }
        var rules: [TransferRule] = []
        for item in items(of: entry) {
            guard let (text, first, key) = readKeyed(item, keys: keys) else { continue }
            guard let first else {
                if let key { rules.append(TransferRule(prefix: nil, key: key)) }
                continue
            }
            guard let prefix = AddressPrefix(first) else {
                report(
                    item, value: text, "is not an address or a prefix",
                    "192.0.2.1, 192.0.2.0/24 (no bit set beyond the length), `key NAME`, or `192.0.2.0/24 key NAME`")
                continue
            }
            rules.append(TransferRule(prefix: prefix, key: key))
        }
        return rules
    }

    /// `192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1`, `[2001:db8::1]:5353`, each with ` key NAME` or without; nil if
    /// there is no such list.
    mutating func readNotifyTargets(_ entry: Entry?, keys: [Name]) -> [NotifyTarget]? {
        guard let entry else { return nil }
        var targets: [NotifyTarget] = []
        for item in items(of: entry) {
            guard let (text, first, key) = readKeyed(item, keys: keys) else { continue }
            if let first, let address = IPAddress(first) {
                targets.append(NotifyTarget(address: address, key: key))
            } else if let first, let (address, port) = try? Listener.parse(first) {
                targets.append(NotifyTarget(address: address, port: port, key: key))
            } else {
                report(
                    item, value: text, "is not an address",
                    "192.0.2.1, 192.0.2.1:5353, [2001:db8::1]:5353, or one of them with `key NAME` behind it")
            }
        }
        return targets
    }

    /// Splits `WHAT key NAME`. A key that does not exist is reported, and the item is nil.
    private mutating func readKeyed(_ item: Entry, keys: [Name]) -> (text: String, first: String?, key: Name?)? {
        guard let text = text(of: item) else { return nil }
        let words = text.split { $0 == " " || $0 == "\t" }.map(String.init)
        guard let position = words.firstIndex(of: "key") else { return (text, text, nil) }
        guard position <= 1, words.count == position + 2, let wanted = try? Name(words[position + 1]) else {
            report(item, value: text, "is not an address, a key or both", "ADDRESS, key NAME, or ADDRESS key NAME")
            return nil
        }
        guard keys.contains(wanted) else {
            reportMissing(
                words[position + 1], item, "is not a key", among: keys.map { String("\($0)".dropLast()) }.sorted())
            return nil
        }
        return (text, position == 1 ? words[0] : nil, wanted.inLowerCase)
    }
}
