import NIOSSL

/// The arguments about TLS that methods share: `insecure` and `ca`.
enum TLSArguments {
    static let parameters = [
        CheckParameter("insecure", .flag, option: true, "Accept any TLS certificate."),
        CheckParameter(
            "ca", .text, form: "the path of a PEM file with certificates", option: true,
            "Believe the authorities in this file and no others."),
    ]

    static func readRoots(_ reader: inout ArgumentReader) -> TLSTrust.Roots {
        let isInsecure = reader.flag("insecure")
        guard let file = reader.text("ca") else { return isInsecure ? .anything : .system }
        if isInsecure { reader.refuse("ca", "contradicts insecure", expected: "one of them") }
        guard let certificates = try? NIOSSLCertificate.fromPEMFile(file), !certificates.isEmpty else {
            reader.refuse("ca", "cannot be read, or has no certificate in PEM form")
            return .system
        }
        return .certificates(certificates)
    }

    /// Throws an argument error if the certificates cannot be used.
    static func trust(
        _ roots: TLSTrust.Roots, offering protocols: [String], minimum: TLSMinimum = .tls12,
        _ reader: inout ArgumentReader
    ) throws(CheckArgumentErrors) -> TLSTrust {
        do {
            return try TLSTrust(roots, offering: protocols, minimum: minimum)
        } catch {
            reader.refuse("ca", "holds certificates that cannot be used")
            throw CheckArgumentErrors(reader.errors)
        }
    }
}
