import Foundation
import TestSupport

/// A mail server (aiosmtpd, Debian's python3-aiosmtpd), started for one test. It wants a login, and TLS before it.
struct MailServer {
    enum TLS: String { case starttls, implicit, none }

    /// A mail as Python's own library understands it.
    struct Mail: Decodable {
        var from: String
        var to: [String]
        var subject: String
        var text: String
        var headers: [String: String]
        /// How it came in: `TLS` or `plain`, and who had logged in.
        var protection: String
        var user: String?
    }

    let folder: TemporaryFolder
    let port: Int
    private let process: ChildProcess

    static let user = "ninelives"
    static let password = "Kätzchen and a long tail"

    /// - Parameters:
    ///   - mechanisms: what AUTH offers.
    ///   - certificate: the name of the certificate's files in `folder`, as `makeCertificates` writes them.
    init(
        in folder: TemporaryFolder, tls: TLS = .starttls, mechanisms: String = "PLAIN LOGIN",
        certificate: String = "good"
    ) async throws {
        self.folder = folder
        port = try freePort()
        let script = try folder.write("server.py", Self.script)
        process = try ChildProcess(
            "/usr/bin/python3", [script, "\(port)", tls.rawValue, folder.path, mechanisms, certificate])
        let (process, port) = (process, port)
        try await eventually("the mail server listens on \(port)") {
            process.printed.contains("listening")
        }
    }

    /// What it says to the next mails: `250 OK`, `451 later`, `554 no`.
    func answer(_ text: String) throws { try folder.write("answer", text) }

    var mails: [Mail] {
        get throws {
            let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter {
                $0.hasSuffix(".mail")
            }
            return try files.sorted().map { name in
                try JSONDecoder().decode(
                    Mail.self, from: Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/\(name)")))
            }
        }
    }

    func stop() async { await process.stop() }

    /// An authority (`ca.pem`) and certificates of it for 127.0.0.1 (`good`) and for another name (`other`).
    static func makeCertificates(in folder: TemporaryFolder) async throws {
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        try await openssl(
            ["req", "-x509"] + key + [
                "-days", "30", "-subj", "/CN=Mail Authority", "-keyout", "\(folder.path)/ca.key", "-out",
                "\(folder.path)/ca.pem",
            ])
        for (name, subject) in [("good", "IP:127.0.0.1"), ("other", "DNS:mail.example.org")] {
            let path = "\(folder.path)/\(name)"
            try await openssl(
                ["req"] + key + ["-subj", "/CN=\(name)", "-keyout", "\(path).key", "-out", "\(path).csr"])
            let extensions = try folder.write("\(name).ext", "subjectAltName=\(subject)\n")
            try await openssl([
                "x509", "-req", "-in", "\(path).csr", "-CA", "\(folder.path)/ca.pem", "-CAkey",
                "\(folder.path)/ca.key", "-CAcreateserial", "-days", "30", "-extfile", extensions, "-out",
                "\(path).pem",
            ])
        }
    }

    private static func openssl(_ arguments: [String]) async throws {
        let (output, code) = try await run("openssl", arguments)
        if code != 0 { throw Failed(output: output) }
    }

    struct Failed: Error { let output: String }

    private static let script = """
        import asyncio, email, email.policy, json, os, ssl, sys
        from aiosmtpd.smtp import SMTP, AuthResult

        port, tls, folder, mechanisms, name = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4], sys.argv[5]
        count = 0

        class Handler:
            async def handle_RCPT(self, server, session, envelope, address, options):
                if address.startswith("nobody@"):
                    return "550 5.1.1 no such person"
                envelope.rcpt_tos.append(address)
                return "250 2.1.5 OK"

            async def handle_DATA(self, server, session, envelope):
                global count
                try:
                    answer = open(folder + "/answer").read()
                except OSError:
                    answer = "250 2.0.0 taken over"
                if not answer.startswith("2"):
                    return answer
                mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
                count += 1
                path = "%s/%05d" % (folder, count)
                with open(path, "w") as file:
                    json.dump({
                        "from": envelope.mail_from, "to": envelope.rcpt_tos, "subject": str(mail["Subject"]),
                        "text": mail.get_content(), "headers": {key: str(value) for key, value in mail.items()},
                        "protection": "TLS" if session.ssl or tls == "implicit" else "plain",
                        "user": session.auth_data}, file)
                os.rename(path, path + ".mail")
                return answer

        def authenticate(server, session, envelope, mechanism, data):
            user, password = data.login.decode(), data.password.decode()
            good = user == "\(user)" and password == "\(password)"
            return AuthResult(success=good, handled=False, auth_data=user)

        context = None
        if tls != "none":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(folder + "/" + name + ".pem", folder + "/" + name + ".key")
        unwanted = [word for word in ("PLAIN", "LOGIN", "CRAM-MD5") if word not in mechanisms.split()]

        def make():
            return SMTP(
                Handler(), hostname="mail.example.org", authenticator=authenticate, auth_required=tls != "none",
                auth_require_tls=tls == "starttls", auth_exclude_mechanism=unwanted,
                tls_context=context if tls == "starttls" else None, require_starttls=tls == "starttls")

        async def serve():
            server = await asyncio.get_running_loop().create_server(
                make, "127.0.0.1", port, ssl=context if tls == "implicit" else None)
            print("listening", flush=True)
            await server.serve_forever()

        asyncio.run(serve())
        """
}
