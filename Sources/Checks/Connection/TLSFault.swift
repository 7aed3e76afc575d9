import Addresses
import Glibc
import NIOCore
import NIOSSL

/// Why TLS failed, in the handshake or by an alert after it.
enum TLSFault: Hashable, Sendable {
    case expired(daySinceEpoch: Int)
    case notYetValid(daySinceEpoch: Int)
    case wrongName(certificate: [String], wanted: String)
    case selfSigned
    case untrusted(issuer: String?)
    case noCertificate
    /// The server sent a TLS alert: `handshake failure`.
    case alert(String)
    case notTLS
    case ended(Ending)
    /// Something else, in the TLS library's words.
    case other(String)

    init(_ error: any Error, peer: NIOSSLCertificate?, identity: TLSIdentity, address: IPAddress) {
        if let extra = error as? NIOSSLExtraError, extra == .failedToValidateHostname, let peer {
            let wanted = identity.host.name ?? address.description
            self = .wrongName(certificate: CertificateFacts(peer).names, wanted: wanted)
        } else if error is IOError {
            self = .ended(.reset)
        } else if case .handshakeFailed(.sslError(let stack))? = error as? NIOSSLError {
            self = stack == [.eofDuringHandshake] ? .ended(.closed) : Self.fault(reason(of: stack), peer)
        } else if case .sslError(let stack)? = error as? BoringSSLError {
            self = Self.fault(reason(of: stack), peer)
        } else if error as? NIOSSLError == .uncleanShutdown {
            self = .ended(.closed)
        } else {
            self = .other(printable("\(error)".utf8))
        }
    }

    private static func fault(_ reason: String, _ peer: NIOSSLCertificate?) -> TLSFault {
        if reason.contains("CERTIFICATE_VERIFY_FAILED") {
            return peer.map { distrust(CertificateFacts($0), now: time(nil)) } ?? .noCertificate
        }
        if let alert = reason.firstRange(of: "_ALERT_") {
            return .alert(reason[alert.upperBound...].lowercased().replacing("_", with: " "))
        }
        return ["WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST"].contains(reason)
            ? .notTLS : .other(reason.lowercased().replacing("_", with: " "))
    }

    /// What a person should know first about a certificate that was not believed. `now`: seconds since 1970.
    static func distrust(_ certificate: CertificateFacts, now: Int) -> TLSFault {
        if certificate.notAfter < now { return .expired(daySinceEpoch: certificate.notAfter / secondsPerDay) }
        if certificate.notBefore > now { return .notYetValid(daySinceEpoch: certificate.notBefore / secondsPerDay) }
        return certificate.isSelfSigned ? .selfSigned : .untrusted(issuer: certificate.issuer)
    }

    var words: String {
        switch self {
        case .expired(let day): "certificate expired on \(date(daySinceEpoch: day))"
        case .notYetValid(let day): "certificate is not valid before \(date(daySinceEpoch: day))"
        case .wrongName(let names, let wanted): "certificate is for \(list(names)), not \(wanted)"
        case .selfSigned: "certificate signed by unknown authority (self-signed)"
        case .untrusted(let issuer):
            "certificate signed by unknown authority, or its chain is broken (issued by \(issuer ?? "nobody named"))"
        case .noCertificate: "certificate not trusted"
        case .alert(let alert): "TLS refused by the server: \(alert)"
        case .notTLS: "not TLS: the server answered with something else"
        case .ended(let ending): ending.words("during the TLS handshake")
        case .other(let reason): "TLS handshake failed: \(reason)"
        }
    }
}

private let secondsPerDay = 86400

/// `example.org, www.example.org and 3 more`.
private func list(_ names: [String]) -> String {
    switch names.count {
    case 0: "no name at all"
    case 1...3: names.joined(separator: ", ")
    default: names.prefix(2).joined(separator: ", ") + " and \(names.count - 2) more"
    }
}

/// The reason code of a BoringSSL error: `Error: 268435703 error:100000f7:SSL routines:OPENSSL_internal:REASON at …`.
private func reason(of stack: NIOBoringSSLErrorStack) -> String {
    guard let first = stack.first?.description else { return "UNKNOWN" }
    let words = first.split(separator: " at ", maxSplits: 1)[0].split(separator: ":")
    return words.last.map(String.init) ?? "UNKNOWN"
}

/// The day of the Gregorian calendar in ISO 8601: day 0 is 1970-01-01. Counts in eras of 400 years whose years
/// begin in March, so that the day that is not always there comes last.
func date(daySinceEpoch: Int) -> String {
    let day = daySinceEpoch + 719_468
    let era = (day >= 0 ? day : day - 146_096) / 146_097
    let dayOfEra = day - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return "\(year)-\(twoDigits(month))-\(twoDigits(dayOfYear - (153 * monthFromMarch + 2) / 5 + 1))"
}

private func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
