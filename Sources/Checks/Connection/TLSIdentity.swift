import NIOCore
import NIOSSL
import Synchronization

/// Whose certificates are believed. Checks that believe the same share one context, as each holds a copy of the
/// system's roots (about a megabyte).
struct TLSTrust: Sendable {
    enum Roots: Hashable, Sendable {
        case system
        /// The certificates of a file, and no others.
        case certificates([NIOSSLCertificate])
        /// Any certificate will do (`insecure`).
        case anything
    }

    let context: NIOSSLContext
    let isVerified: Bool

    /// Throws what NIOSSL throws for roots that it cannot use.
    init(_ roots: Roots) throws {
        context = try Self.contexts.withLock { contexts throws -> NIOSSLContext in
            if let shared = contexts[roots]?.context { return shared }
            let context = try NIOSSLContext(configuration: Self.configuration(roots))
            contexts = contexts.filter { $0.value.context != nil }
            contexts[roots] = Shared(context: context)
            return context
        }
        isVerified = roots != .anything
    }

    private struct Shared: Sendable { weak let context: NIOSSLContext? }
    private static let contexts = Mutex<[Roots: Shared]>([:])

    private static func configuration(_ roots: Roots) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        // We say goodbye and do not wait for the answer: the result is known by then.
        configuration.shutdownTimeout = .milliseconds(10)
        switch roots {
        case .system: configuration.trustRoots = .default
        case .certificates(let certificates): configuration.trustRoots = .certificates(certificates)
        case .anything: configuration.certificateVerification = .none
        }
        return configuration
    }

    /// For a server of that name or address.
    func identity(of host: Host) -> TLSIdentity { TLSIdentity(context: context, host: host, isVerified: isVerified) }
}

/// Who must be at the other end of a connection, and who vouches for it.
struct TLSIdentity: Sendable {
    let context: NIOSSLContext
    /// The name or address that the certificate must be for. A name is also sent (SNI, RFC 6066 §3).
    let host: Host
    let isVerified: Bool

    func makeHandler() throws -> NIOSSLClientHandler {
        try NIOSSLClientHandler(context: context, serverHostname: host.name)
    }
}
