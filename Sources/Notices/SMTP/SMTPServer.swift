import NIOCore
import NIOSSL

/// A mail server, and how it is talked to.
struct SMTPServer: Sendable {
    enum Security: String, Sendable {
        case startTLS = "starttls"
        case implicit
        case none

        var standardPort: Int {
            switch self {
            case .startTLS: 587
            case .implicit: 465
            case .none: 25
            }
        }
    }

    var host: String
    var port: Int
    var security: Security
    /// PEM; trusted instead of the system's authorities.
    var caFile: String?

    /// TLS that trusts only who proves to be this server.
    func makeTLS() throws -> NIOSSLClientHandler {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if let caFile {
            do {
                configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(caFile))
            } catch {
                throw DeliveryError.unavailable("the file \(caFile) cannot be read as certificates in PEM")
            }
        }
        // An address is proven by the certificate's addresses, and not named to the server.
        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        return try NIOSSLClientHandler(
            context: try NIOSSLContext(configuration: configuration), serverHostname: isAddress ? nil : host)
    }
}
