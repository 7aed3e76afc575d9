/// What a certificate must be beyond being believed.
struct CertificateDemand: Sendable {
    /// Days it must still be valid.
    var days = 0

    enum Failure: Error {
        case expiresSoon(days: Int, wanted: Int)
        case noCertificate

        var words: String {
            switch self {
            case .expiresSoon(let days, let wanted):
                days < 0
                    ? "certificate has expired"
                    : "certificate expires in \(inWords(days: days)), expected at least \(wanted)"
            case .noCertificate: "the server shows no certificate"
            }
        }
    }

    /// `TLS 1.3, certificate for cat.example.test, 42 days left`.
    func judge(_ session: TLSSession) -> Result<String, Failure> {
        guard let certificate = session.certificate else { return .failure(.noCertificate) }
        let left = certificate.daysLeft
        guard left >= days else { return .failure(.expiresSoon(days: left, wanted: days)) }
        let name = certificate.names.first ?? "no name"
        let more = certificate.names.count > 1 ? " and \(certificate.names.count - 1) more" : ""
        return .success("\(session.versionInWords), certificate for \(name)\(more), \(inWords(days: left)) left")
    }
}

/// `1 day`, `42 days`.
func inWords(days: Int) -> String { days == 1 ? "1 day" : "\(grouped(days)) days" }
