import TestSupport

/// Certificates made by the `openssl` tool for one test, all for loopback and example names.
struct Certificates {
    let folder: TemporaryFolder

    /// The file of an authority's certificate, for `ca=`.
    var authority: String { folder.path + "/ca.pem" }

    /// `good`, `expired`, `future`, `wrong-name`, `stranger` (of an authority nobody knows), `self-signed`.
    func certificate(_ name: String) -> String { "\(folder.path)/\(name).pem" }
    func key(_ name: String) -> String { "\(folder.path)/\(name).key" }

    /// Makes them all in `folder`.
    init(in folder: TemporaryFolder) async throws {
        self.folder = folder
        try folder.write("openssl.cnf", Self.configuration(folder.path))
        try folder.write("index", "")
        try folder.write("index.attr", "unique_subject = no\n")
        try folder.write("serial", "01\n")
        try await makeAuthority("ca", "Kitten Authority")
        try await makeAuthority("unknown-ca", "Unknown Authority")
        let valid = ("20200101000000Z", "20991231235959Z")
        try await sign("good", "DNS:cat.example.test,IP:127.0.0.1", by: "ca", valid)
        try await sign(
            "wrong-name", "DNS:example.org,DNS:www.example.org,DNS:a.example.org,DNS:b.example.org", by: "ca", valid)
        try await sign("expired", "DNS:cat.example.test", by: "ca", ("20200101000000Z", "20210301120000Z"))
        try await sign("future", "DNS:cat.example.test", by: "ca", ("20900501000000Z", "20991231235959Z"))
        try await sign("stranger", "DNS:cat.example.test", by: "unknown-ca", valid)
        try await openssl([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj",
            "/CN=cat.example.test", "-addext", "subjectAltName=DNS:cat.example.test", "-keyout", key("self-signed"),
            "-out", certificate("self-signed"),
        ])
    }

    private func makeAuthority(_ name: String, _ title: String) async throws {
        try await openssl([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj",
            "/CN=\(title)", "-keyout", key(name), "-out", certificate(name),
        ])
    }

    private func sign(_ name: String, _ names: String, by authority: String, _ valid: (String, String)) async throws {
        try await openssl([
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=\(name)",
            "-keyout", key(name), "-out", "\(folder.path)/\(name).csr",
        ])
        let extensions = try folder.write("\(name).ext", "subjectAltName=\(names)\n")
        try await openssl([
            "ca", "-batch", "-notext", "-config", "\(folder.path)/openssl.cnf", "-cert", certificate(authority),
            "-keyfile", key(authority), "-startdate", valid.0, "-enddate", valid.1, "-extfile", extensions, "-in",
            "\(folder.path)/\(name).csr", "-out", certificate(name),
        ])
    }

    private func openssl(_ arguments: [String]) async throws {
        let (output, code) = try await run("openssl", arguments)
        guard code == 0 else { throw OpenSSLFailed(output: output) }
    }

    private static func configuration(_ path: String) -> String {
        """
        [ca]
        default_ca = kittens
        [kittens]
        new_certs_dir = \(path)
        database = \(path)/index
        serial = \(path)/serial
        default_md = sha256
        policy = any
        [any]
        commonName = supplied
        """
    }
}

struct OpenSSLFailed: Error {
    let output: String
}
