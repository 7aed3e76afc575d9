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

    /// What else two checks must agree on to share a context.
    private struct Terms: Hashable {
        var roots: Roots
        var offering: [String]
        var minimum: TLSMinimum
    }

    /// `offering`: the application protocols, in the order in which we like them (ALPN, RFC 7301); none if empty.
    /// Throws what NIOSSL throws for roots that it cannot use.
    init(_ roots: Roots, offering: [String] = ["http/1.1"], minimum: TLSMinimum = .tls12) throws {
        let terms = Terms(roots: roots, offering: offering, minimum: minimum)
        context = try Self.contexts.withLock { contexts throws -> NIOSSLContext in
            if let shared = contexts[terms]?.context { return shared }
            let context = try NIOSSLContext(configuration: Self.configuration(terms))
            contexts = contexts.filter { $0.value.context != nil }
            contexts[terms] = Shared(context: context)
            return context
        }
        isVerified = roots != .anything
    }

    private struct Shared: Sendable { weak let context: NIOSSLContext? }
    private static let contexts = Mutex<[Terms: Shared]>([:])

    private static func configuration(_ terms: Terms) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = terms.minimum.version
        configuration.applicationProtocols = terms.offering
        // We say goodbye and do not wait for the answer: the result is known by then.
        configuration.shutdownTimeout = .milliseconds(10)
        switch terms.roots {
        case .system: configuration.trustRoots = .default
        case .certificates(let certificates): configuration.trustRoots = .certificates(certificates)
        case .anything: configuration.certificateVerification = .none
        }
        return configuration
    }

    /// For a server of that name or address.
    func identity(of host: Host) -> TLSIdentity { TLSIdentity(context: context, host: host, isVerified: isVerified) }
}

/// The oldest version of TLS that is good enough. Older ones than 1.2 are for servers that cannot be helped.
enum TLSMinimum: String, CaseIterable, Sendable {
    case tls10 = "1.0"
    case tls11 = "1.1"
    case tls12 = "1.2"
    case tls13 = "1.3"

    static let form = "1.0, 1.1, 1.2 or 1.3"

    var version: TLSVersion {
        switch self {
        case .tls10: .tlsv1
        case .tls11: .tlsv11
        case .tls12: .tlsv12
        case .tls13: .tlsv13
        }
    }
}

/// What a handshake has agreed on.
struct TLSSession: Hashable, Sendable {
    var version: TLSVersion?
    /// The application protocol that the server chose (ALPN): `h2`.
    var applicationProtocol: String?
    /// What the server's own certificate says.
    var certificate: CertificateFacts?

    /// `TLS 1.3`.
    var versionInWords: String {
        switch version {
        case .tlsv1: "TLS 1.0"
        case .tlsv11: "TLS 1.1"
        case .tlsv12: "TLS 1.2"
        case .tlsv13: "TLS 1.3"
        case nil: "TLS"
        }
    }
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

    /// Whether a certificate that was believed is for this very host. The TLS library also takes one for the address
    /// that was connected to, which says nothing about a name (RFC 9525 §6.1).
    func matches(_ certificate: CertificateFacts) -> Bool {
        guard isVerified else { return true }
        let wanted = host.description
        return certificate.names.contains { listed in
            let name = listed.lowercased()
            guard host.name != nil, name.hasPrefix("*."), let dot = wanted.firstIndex(of: ".") else {
                return name == wanted
            }
            return wanted[dot...] == name.dropFirst()
        }
    }
}
