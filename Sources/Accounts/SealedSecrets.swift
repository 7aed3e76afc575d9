import Crypto
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

    /// Differs each time that the secret is set, though it be the same; nil if there is none of that name.
    package static func mark(_ name: String, in dataFolder: String) -> String? {
        guard isName(name) else { return nil }
        return mark(ofFile: (dataFolder as NSString).appendingPathComponent("secrets/\(name)"))
    }

    private static func mark(ofFile path: String) -> String? {
        FileManager.default.contents(atPath: path).map { Data(SHA256.hash(data: $0)).base64URL }
    }

    /// The same of what is staged.
    func stagedMark(_ name: String, _ mark: String) -> String? { Self.mark(ofFile: staged(name, mark)) }

    /// Seals and writes it, whole or not at all, readable by its owner only; on the disk when this returns.
    package func set(_ secret: String, as name: String) throws(AccountsError) {
        let mark = Secret.make()
        do throws(AccountsError) {
            try stage(secret, as: name, mark)
            try putStaged(name, mark)
        } catch {
            dropStaged(name, mark)
            throw error
        }
    }

    /// Seals and writes it beside the one that is in use, which stays so until `putStaged`.
    ///
    /// - Parameter mark: tells what is staged under one name at the same time apart.
    func stage(_ secret: String, as name: String, _ mark: String) throws(AccountsError) {
        guard let sealed = box.seal(Data(secret.utf8), as: "provider:\(name)") else {
            throw .badKey("the key cannot seal anything")
        }
        let fresh = staged(name, mark)
        guard
            FileManager.default.createFile(
                atPath: fresh, contents: sealed, attributes: [.posixPermissions: 0o600]), Self.sync(fresh)
        else { throw .badKey("\(path(name)) cannot be written") }
    }

    /// Puts into use what is staged. If it is in use already, nothing is done.
    func putStaged(_ name: String, _ mark: String) throws(AccountsError) {
        let fresh = staged(name, mark)
        guard FileManager.default.fileExists(atPath: fresh) else { return }
        guard rename(fresh, path(name)) == 0, Self.sync(folder) else {
            throw .badKey("\(path(name)) cannot be written")
        }
    }

    func dropStaged(_ name: String, _ mark: String) {
        try? FileManager.default.removeItem(atPath: staged(name, mark))
    }

    private func staged(_ name: String, _ mark: String) -> String { path(".\(name).\(mark)") }

    /// Waits until a file or a folder is on the disk.
    private static func sync(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return fsync(descriptor) == 0
    }

    /// nil if there is none of that name; throws if it cannot be opened with this key.
    package func secret(_ name: String) throws(AccountsError) -> String? {
        guard Self.isName(name), let sealed = FileManager.default.contents(atPath: path(name)) else { return nil }
        guard let octets = box.open(sealed, as: "provider:\(name)") else {
            throw .badKey("\(path(name)) was sealed with another key, or was changed")
        }
        return String(decoding: octets, as: UTF8.self)
    }

    package func has(_ name: String) -> Bool {
        Self.isName(name) && FileManager.default.fileExists(atPath: path(name))
    }

    /// False if there was none.
    package func remove(_ name: String) -> Bool {
        guard Self.isName(name), (try? FileManager.default.removeItem(atPath: path(name))) != nil else { return false }
        return Self.sync(folder)
    }

    private func path(_ name: String) -> String { (folder as NSString).appendingPathComponent(name) }
}
