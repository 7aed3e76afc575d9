import Yams

/// Addresses at which DNS is answered over TLS or HTTPS, and the certificate that is shown there.
package struct EncryptedListener: Hashable, Sendable {
    package enum Service: Hashable, Sendable {
        case tls
        /// At this path, which begins with `/`.
        case https(path: String)
    }

    /// A file, and where its path was written.
    package struct File: Hashable, Sendable {
        package var path: String
        /// Both from 1.
        package var line: Int
        package var column: Int
        /// Where in the tree it was written: `listen.tls.key`.
        package var place: String
    }

    package var service: Service
    /// At least one.
    package var listeners: [Listener]
    package var certificate: File
    package var key: File

    package static let standardPath = "/dns-query"
    package static let standardTLS = "192.0.2.53:853"
    package static let standardHTTPS = "192.0.2.53:443"
}

/// A certificate and its key, and where their paths were written.
package struct CertificatePlaces: Hashable, Sendable {
    package var certificate: EncryptedListener.File
    package var key: EncryptedListener.File

    package init(certificate: EncryptedListener.File, key: EncryptedListener.File) {
        self.certificate = certificate
        self.key = key
    }
}

extension SettingsReader {
    /// `listen.http`: an address alone, or a section with a certificate.
    mutating func readHTTP(_ entry: Entry?) -> (Listener, CertificatePlaces?) {
        guard let entry, case .mapping = entry.node else {
            return (readListener(entry, standard: Settings.standardHTTPListener), nil)
        }
        let fields = fields(of: entry, allowed: SettingsKeys.http)
        for key in ["certificate", "key"] where fields[key] == nil {
            report(entry.atKey, "has no \(key)", "\(key): a PEM file")
        }
        let listener = readListener(fields["address"], standard: Settings.standardHTTPListener)
        guard let certificate = readFileName(fields["certificate"]), let key = readFileName(fields["key"]) else {
            return (listener, nil)
        }
        return (listener, CertificatePlaces(certificate: certificate, key: key))
    }

    /// `listen.tls` or `listen.https`: one section, or a list of them for several certificates.
    mutating func readEncryptedListeners(_ entry: Entry?, isHTTPS: Bool) -> [EncryptedListener] {
        guard let entry else { return [] }
        let sections = items(of: entry)
        if sections.isEmpty { report(entry.atKey, "has no value", "a section with address, certificate and key") }
        return sections.compactMap { readEncryptedListener($0, isHTTPS: isHTTPS) }
    }

    private mutating func readEncryptedListener(_ entry: Entry, isHTTPS: Bool) -> EncryptedListener? {
        let fields = fields(of: entry, allowed: isHTTPS ? SettingsKeys.https : SettingsKeys.tls)
        guard entry.isSection else { return nil }
        for key in ["address", "certificate", "key"] where fields[key] == nil {
            report(entry.atKey, "has no \(key)", key == "address" ? "\(key): ADDRESS:PORT" : "\(key): a PEM file")
        }
        let standard = isHTTPS ? EncryptedListener.standardHTTPS : EncryptedListener.standardTLS
        let listeners = fields["address"].map { readListeners($0, standard: standard) } ?? []
        let service = EncryptedListener.Service.https(path: readPath(fields["path"]))
        guard let certificate = readFileName(fields["certificate"]), let key = readFileName(fields["key"]) else {
            return nil
        }
        return EncryptedListener(
            service: isHTTPS ? service : .tls, listeners: listeners, certificate: certificate, key: key)
    }

    private mutating func readFileName(_ entry: Entry?) -> EncryptedListener.File? {
        guard let entry, let path = text(of: entry) else { return nil }
        return EncryptedListener.File(
            path: resolve(path), line: entry.line, column: entry.column, place: entry.path)
    }

    private mutating func readPath(_ entry: Entry?) -> String {
        guard let entry, let path = text(of: entry) else { return EncryptedListener.standardPath }
        let isPath =
            path.hasPrefix("/") && path.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x3F && $0 != 0x23 }
        if !isPath {
            report(entry, value: path, "is not a path of a URL", "/dns-query, say: a / and no ?, # or space")
        }
        return path
    }

    /// Says of each address that is listened on by TCP for two things.
    mutating func reportShared(_ dns: [Listener], _ encrypted: [EncryptedListener]) {
        var taken: [String: Int] = [:]
        for listener in dns { taken[listener.description] = listener.line }
        for listener in encrypted.flatMap(\.listeners) {
            if let line = taken[listener.description] {
                errors.append(
                    SettingsError(
                        file: file, line: listener.line, column: listener.column, path: listener.path,
                        value: listener.description, problem: "is listened on already",
                        expected: "another port; the first is on line \(line)"))
            } else {
                taken[listener.description] = listener.line
            }
        }
    }
}
