import Foundation

/// The encrypted store of a data folder: providers' keys and passwords, each in a file of its own, sealed with the data
/// folder's key (`SecretBox`).
package struct SealedSecrets: Sendable {
    private let folder: String
    private let box: SecretBox

    /// Makes the key if there is none yet.
    package init(dataFolder: String) throws(AccountsError) {
        folder = (dataFolder as NSString).appendingPathComponent("secrets")
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw .badKey("\(folder) cannot be made: \(error.localizedDescription)")
        }
        box = try SecretBox.open(folder: dataFolder)
    }

    /// 1 to 100 letters, digits, dashes, underscores and dots, no dot first.
    package static func isName(_ text: String) -> Bool {
        let isPlain = text.utf8.allSatisfy { octet in
            (0x30...0x39).contains(octet) || (0x41...0x5A).contains(octet) || (0x61...0x7A).contains(octet)
                || [UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ".")].contains(octet)
        }
        return isPlain && (1...100).contains(text.utf8.count) && !text.hasPrefix(".")
    }

    /// Sorted.
    package var names: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter(Self.isName).sorted()
    }

    /// When the secret of that name was set last, seconds since 1970; nil if there is none.
    package func setAt(_ name: String) -> Double? {
        guard Self.isName(name), let attributes = try? FileManager.default.attributesOfItem(atPath: path(name)) else {
            return nil
        }
        return (attributes[.modificationDate] as? Date)?.timeIntervalSince1970
    }

    /// Seals and writes it, whole or not at all, readable by its owner only.
    package func set(_ secret: String, as name: String) throws(AccountsError) {
        guard let sealed = box.seal(Data(secret.utf8), as: "provider:\(name)") else {
            throw .badKey("the key cannot seal anything")
        }
        let fresh = path("." + name)
        let files = FileManager.default
        guard
            files.createFile(atPath: fresh, contents: sealed, attributes: [.posixPermissions: 0o600]),
            rename(fresh, path(name)) == 0
        else { throw .badKey("\(path(name)) cannot be written") }
    }

    /// nil if there is none of that name; throws if it cannot be opened with this key.
    package func secret(_ name: String) throws(AccountsError) -> String? {
        guard Self.isName(name), let sealed = FileManager.default.contents(atPath: path(name)) else { return nil }
        guard let octets = box.open(sealed, as: "provider:\(name)") else {
            throw .badKey("\(path(name)) was sealed with another key, or was changed")
        }
        return String(decoding: octets, as: UTF8.self)
    }

    /// False if there was none.
    package func remove(_ name: String) -> Bool {
        Self.isName(name) && (try? FileManager.default.removeItem(atPath: path(name))) != nil
    }

    private func path(_ name: String) -> String { (folder as NSString).appendingPathComponent(name) }
}
