import DNSServer
import Settings

/// How the listeners of the configuration become the DNS server's.
extension Settings {
    var encryptedListens: [EncryptedListen] {
        encryptedListeners.flatMap { group in
            group.listeners.map { listener in
                EncryptedListen(
                    listen: DNSListen(address: listener.address, port: listener.port), service: group.served,
                    files: group.files)
            }
        }
    }

    /// What is wrong with the files of certificates and keys, each at the line that names it.
    var certificateErrors: [SettingsError] {
        let groups = encryptedListeners.map { CertificatePlaces(certificate: $0.certificate, key: $0.key) }
        return (groups + [httpCertificate].compactMap(\.self)).compactMap { group in
            do throws(CertificateError) {
                try group.files.validate()
                return nil
            } catch {
                let place = error.file == group.files.certificate ? group.certificate : group.key
                return SettingsError(
                    file: file, line: place.line, column: place.column, path: place.place, value: place.path,
                    problem: error.problem, expected: error.expected)
            }
        }
    }
}

extension CertificatePlaces {
    var files: CertificateFiles { CertificateFiles(certificate: certificate.path, key: key.path) }
}

extension EncryptedListener {
    fileprivate var files: CertificateFiles { CertificateFiles(certificate: certificate.path, key: key.path) }

    fileprivate var served: EncryptedListen.Service {
        switch service {
        case .tls: .tls
        case .https(let path): .https(path: path)
        }
    }
}
