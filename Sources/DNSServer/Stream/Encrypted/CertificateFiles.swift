import Glibc
import NIOSSL

/// Where a server's certificate and its private key lie, in PEM.
package struct CertificateFiles: Hashable, Sendable {
    /// The certificate, and behind it those that lead to one which clients trust.
    package var certificate: String
    /// Without a passphrase.
    package var key: String

    package init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }

    /// Reads both and sees whether they belong together.
    package func validate() throws(CertificateError) { _ = try read() }

    /// The files' content, ready for TLS.
    func read() throws(CertificateError) -> (chain: [NIOSSLCertificate], key: NIOSSLPrivateKey) {
        let chainText = try contents(of: certificate)
        let keyText = try contents(of: key)
        guard let chain = try? NIOSSLCertificate.fromPEMBytes(chainText), let leaf = chain.first else {
            throw .notACertificate(certificate)
        }
        guard let privateKey = try? NIOSSLPrivateKey(bytes: keyText, format: .pem) else { throw .notAKey(key) }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(leaf)], privateKey: .privateKey(privateKey))
        configuration.trustRoots = .certificates([])
        guard (try? NIOSSLContext(configuration: configuration)) != nil else {
            throw .keyOfAnotherCertificate(certificate: certificate, key: key)
        }
        return (chain, privateKey)
    }

    /// What changes when one of the files is written, moved or replaced.
    var fingerprint: [Int] { Self.fingerprint(certificate) + Self.fingerprint(key) }

    private static func fingerprint(_ path: String) -> [Int] {
        var status = stat()
        guard stat(path, &status) == 0 else { return [-1] }
        return [Int(status.st_ino), Int(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
    }

    /// The longest file that is read, octets.
    private static let sizeLimit = 1 << 20

    private func contents(of path: String) throws(CertificateError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .unreadable(path, errorNumber: errno) }
        defer { close(descriptor) }
        var octets: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0 { throw .unreadable(path, errorNumber: errno) }
            if count == 0 { return octets }
            octets += buffer[..<count]
            if octets.count > Self.sizeLimit { throw .tooLarge(path) }
        }
    }
}

/// Why a certificate and its key cannot be used.
package enum CertificateError: Error, Hashable, Sendable {
    case unreadable(String, errorNumber: Int32)
    /// More than 1 MiB.
    case tooLarge(String)
    case notACertificate(String)
    case notAKey(String)
    case keyOfAnotherCertificate(certificate: String, key: String)

    /// The file at fault.
    package var file: String {
        switch self {
        case .unreadable(let file, _), .tooLarge(let file), .notACertificate(let file), .notAKey(let file),
            .keyOfAnotherCertificate(_, let file):
            file
        }
    }

    /// What is wrong with the file.
    package var problem: String {
        switch self {
        case .unreadable(_, let number): "cannot be read: \(String(cString: strerror(number)))"
        case .tooLarge: "is larger than 1 MiB"
        case .notACertificate: "has no certificate in PEM"
        case .notAKey: "has no private key in PEM that opens without a passphrase"
        case .keyOfAnotherCertificate(let certificate, _): "is not the key of the certificate in \(certificate)"
        }
    }

    /// What would be right.
    package var expected: String {
        switch self {
        case .unreadable: "the path of a file that this user may read"
        case .tooLarge: "a PEM file with one certificate chain or key"
        case .notACertificate: "-----BEGIN CERTIFICATE-----, the server's own first"
        case .notAKey: "-----BEGIN PRIVATE KEY-----"
        case .keyOfAnotherCertificate: "the key that the certificate was made for"
        }
    }
}

extension CertificateError: CustomStringConvertible {
    package var description: String { "\(file) \(problem); use \(expected)" }
}
