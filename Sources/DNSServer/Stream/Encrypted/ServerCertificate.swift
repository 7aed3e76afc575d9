import Logging
import NIOCore
import NIOSSL
import Synchronization

/// The certificate that new connections are shown. When its files change it is read again; connections that are open
/// keep the one they began with, and files that cannot be used change nothing.
package final class ServerCertificate: Sendable {
    /// Between two looks at the files.
    package static let interval = Duration.seconds(3)

    let files: CertificateFiles
    private let applicationProtocols: [String]
    private let logger: Logger
    private let current: Mutex<Current>

    private struct Current {
        var context: NIOSSLContext
        var fingerprint: [Int]
        /// Of files that were found unusable, and whether that was reported. Certificate and key are two files, so
        /// they are given one more look before anybody is told.
        var refused: (fingerprint: [Int], isReported: Bool)?
    }

    /// - Parameter applicationProtocols: what is offered by ALPN (RFC 7301).
    package init(
        _ files: CertificateFiles, applicationProtocols: [String], logger: Logger
    ) throws(CertificateError) {
        self.files = files
        self.applicationProtocols = applicationProtocols
        self.logger = logger
        let fingerprint = files.fingerprint
        current = Mutex(
            Current(context: try Self.makeContext(files, applicationProtocols), fingerprint: fingerprint))
    }

    /// What the next connection is encrypted with.
    package var context: NIOSSLContext { current.withLock { $0.context } }

    /// Reads the files again if they are not as they were. Blocks while it reads; one caller at a time.
    package func reloadIfChanged() {
        let fingerprint = files.fingerprint
        let (known, refused) = current.withLock { ($0.fingerprint, $0.refused) }
        if fingerprint == known { return current.withLock { $0.refused = nil } }
        if let refused, refused.isReported, refused.fingerprint == fingerprint { return }
        do {
            let context = try Self.makeContext(files, applicationProtocols)
            current.withLock { $0 = Current(context: context, fingerprint: fingerprint) }
            logger.notice("loaded a new certificate", metadata: ["certificate": "\(files.certificate)"])
        } catch {
            let isSecondLook = refused?.fingerprint == fingerprint
            current.withLock { $0.refused = (fingerprint, isSecondLook) }
            if isSecondLook {
                logger.error(
                    "a changed certificate cannot be used, the one before stays",
                    metadata: ["certificate": "\(files.certificate)", "error": "\(error)"])
            }
        }
    }

    private static func makeContext(
        _ files: CertificateFiles, _ applicationProtocols: [String]
    ) throws(CertificateError) -> NIOSSLContext {
        let (chain, key) = try files.read()
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = applicationProtocols
        // Clients show no certificate, so nothing is trusted (and the system's hundred roots are not loaded).
        configuration.trustRoots = .certificates([])
        configuration.shutdownTimeout = .seconds(1)
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw .keyOfAnotherCertificate(certificate: files.certificate, key: files.key)
        }
    }
}
