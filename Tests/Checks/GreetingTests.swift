import Foundation
import TestSupport
import Testing

@testable import Checks

/// `tls` and the greetings against real servers: Dovecot (IMAP, POP3 and submission), OpenSSH, vsftpd, PostgreSQL's
/// refusal of TLS, openssl.
@Suite struct GreetingTests {
    private static func dovecot(_ port: Int, _ folder: TemporaryFolder, _ certificates: Certificates) -> String {
        let user = NSUserName()
        return """
            base_dir = \(folder.path)/run
            state_dir = \(folder.path)/state
            log_path = \(folder.path)/log
            default_login_user = \(user == "root" ? "dovenull" : user)
            default_internal_user = \(user == "root" ? "dovecot" : user)
            protocols = imap pop3 submission
            listen = 127.0.0.1
            ssl = yes
            ssl_cert = <\(certificates.certificate("good"))
            ssl_key = <\(certificates.key("good"))
            ssl_dh =
            hostname = mail.example.test
            submission_relay_host = 127.0.0.1
            passdb {
              driver = static
              args = nopassword=y
            }
            service imap-login {
              inet_listener imap { port = \(port) }
              inet_listener imaps { port = \(port + 1) }
            }
            service pop3-login {
              inet_listener pop3 { port = \(port + 2) }
              inet_listener pop3s { port = \(port + 3) }
            }
            service submission-login {
              inet_listener submission { port = \(port + 4) }
            }
            """.replacing("{ port", with: "{\n port").replacing(" }\n", with: "\n}\n")
    }

    @Test func `mail servers greet, answer EHLO and begin TLS`() async throws {
        try await withFolder { folder in
            let certificates = try await Certificates(in: folder)
            try await withServer(
                "dovecot",
                { port in
                    let file = try folder.write("dovecot.conf", Self.dovecot(port, folder, certificates))
                    return ["-F", "-c", file]
                }
            ) { port in
                let tls = ["ca": certificates.authority, "addr": "127.0.0.1", "host": "cat.example.test"]
                let plain = ["host": "127.0.0.1"]
                let secured = ", TLS 1.3, certificate for cat.example.test and 1 more, "
                let rows: [(String, Int, [String: String], Bool, String)] = [
                    ("imap", 0, plain, true, "* OK [CAPABILITY IMAP4rev1 "),
                    ("imap", 0, tls.merging(["tls": "starttls"]) { $1 }, true, "* OK [CAPABILITY IMAP4rev1 "),
                    (
                        "imap", 1, tls.merging(["tls": "implicit"]) { $1 }, true,
                        "TLS 1.3, certificate for cat.example.test"
                    ),
                    (
                        "imap", 0, ["host": "127.0.0.1", "banner": "Cyrus"], false,
                        "text \"Cyrus\" not found in the greeting \"* OK"
                    ),
                    ("pop3", 2, plain, true, "+OK "),
                    ("pop3", 2, tls.merging(["tls": "starttls"]) { $1 }, true, "+OK Dovecot (Debian) ready." + secured),
                    (
                        "pop3", 3, tls.merging(["tls": "implicit", "days": "3000"]) { $1 }, true,
                        "TLS 1.3, certificate for "
                    ),
                    ("smtp", 4, plain, true, "220 mail.example.test"),
                    ("smtp", 4, ["host": "127.0.0.1", "ehlo": "monitor.example.test"], true, "220 mail.example.test"),
                    (
                        "smtp", 4, tls.merging(["tls": "starttls", "ehlo": "monitor.example.test"]) { $1 }, true,
                        "220 mail.example.test"
                    ),
                    (
                        "tls", 0, tls.merging(["starttls": "imap"]) { $1 }, true,
                        "TLS 1.3, certificate for cat.example.test"
                    ),
                    (
                        "tls", 2, tls.merging(["starttls": "pop3"]) { $1 }, true,
                        "TLS 1.3, certificate for cat.example.test"
                    ),
                    (
                        "tls", 4, tls.merging(["starttls": "smtp"]) { $1 }, true,
                        "TLS 1.3, certificate for cat.example.test"
                    ),
                    ("tls", 1, tls, true, "TLS 1.3, certificate for cat.example.test"),
                    (
                        "tls", 1, tls.merging(["name": "dog.example.test"]) { $1 }, false,
                        "certificate is for cat.example.test, 127.0.0.1, not dog.example.test"
                    ),
                    (
                        "tls", 1, ["host": "cat.example.test", "addr": "127.0.0.1"], false,
                        "certificate signed by unknown authority"
                    ),
                    // One protocol's check at another's port.
                    ("smtp", 0, plain, false, "the greeting is \"* OK"),
                    ("pop3", 0, plain, false, "the greeting is \"* OK"),
                    ("imap", 2, plain, false, "the greeting is \"+OK"),
                ]
                for (method, offset, arguments, isSuccess, reason) in rows {
                    let result = try await probe(method, arguments.merging(["port": "\(port + offset)"]) { $1 })
                    #expect(result.reason.hasPrefix(reason), "\(method) \(arguments): \(result.reason)")
                    #expect(result.isSuccess == isSuccess, "\(method) \(arguments): \(result.reason)")
                }
            }
        }
    }

    @Test func `an OpenSSH server identifies itself`() async throws {
        try await withFolder { folder in
            let key = folder.path + "/key"
            _ = try await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key])
            if geteuid() == 0 {
                try FileManager.default.createDirectory(atPath: "/run/sshd", withIntermediateDirectories: true)
            }
            let file = try folder.write(
                "sshd.conf", "HostKey \(key)\nListenAddress 127.0.0.1\nPidFile none\nUsePAM no\n")
            try await withServer(try findTool("sshd"), { ["-D", "-e", "-f", file, "-p", "\($0)"] }) { port in
                let server = ["host": "127.0.0.1", "port": "\(port)"]
                let result = try await probe("ssh", server.merging(["banner": "OpenSSH"]) { $1 })
                #expect(result.isSuccess && result.reason.hasPrefix("SSH-2.0-OpenSSH_"), "\(result.reason)")
                let other = try await probe("ssh", server.merging(["banner": "dropbear"]) { $1 })
                #expect(other.reason.hasPrefix("text \"dropbear\" not found in the identification \"SSH-2.0-"))
                #expect(try await probe("ftp", server).isSuccess == false)
            }
        }
    }

    @Test func `an FTP server greets and begins TLS`() async throws {
        try await withFolder { folder in
            let certificates = try await Certificates(in: folder)
            try await withServer(
                "vsftpd",
                { port in
                    let file = try folder.write(
                        "vsftpd.conf",
                        """
                        listen=YES
                        listen_port=\(port)
                        listen_address=127.0.0.1
                        background=NO
                        run_as_launching_user=YES
                        anonymous_enable=YES
                        anon_root=\(folder.path)
                        seccomp_sandbox=NO
                        ssl_enable=YES
                        ssl_tlsv1=YES
                        rsa_cert_file=\(certificates.certificate("good"))
                        rsa_private_key_file=\(certificates.key("good"))
                        secure_chroot_dir=\(folder.path)

                        """)
                    return [file]
                }
            ) { port in
                let arguments = ["host": "cat.example.test", "addr": "127.0.0.1", "port": "\(port)"]
                #expect(try await probe("ftp", arguments).reason == "220 (vsFTPd 3.0.3)")
                let secured = try await probe(
                    "ftp", arguments.merging(["tls": "starttls", "ca": certificates.authority]) { $1 })
                #expect(secured.reason.hasPrefix("220 (vsFTPd 3.0.3), TLS 1."), "\(secured.reason)")
                #expect(secured.isSuccess)
            }
        }
    }

    @Test func `the days to expiry and the oldest version are held against the server`() async throws {
        try await withFolder { folder in
            let certificates = try await Certificates(in: folder)
            func serve(_ certificate: String, _ more: [String], _ body: (Int) async throws -> Void) async throws {
                try await withServer(
                    "openssl",
                    { port in
                        [
                            "s_server", "-accept", "127.0.0.1:\(port)", "-cert", certificates.certificate(certificate),
                            "-key",
                            certificates.key(certificate), "-quiet",
                        ] + more
                    }, body)
            }
            try await serve("self-signed", ["-tls1_2"]) { (port: Int) async throws -> Void in
                let server = [
                    "host": "cat.example.test", "addr": "127.0.0.1", "port": "\(port)",
                    "ca": certificates.certificate("self-signed"),
                ]
                // It is valid for 30 days, less what this test takes: 29 whole days, or 30 within its first second.
                let rows: [([String: String], String)] = [
                    (["days": "29"], "TLS 1.2, certificate for cat.example.test, N days left"),
                    (["days": "31"], "certificate expires in N days, expected at least 31"),
                    (["min-version": "1.2"], "TLS 1.2, certificate for cat.example.test, N days left"),
                    (["min-version": "1.3"], "TLS refused by the server: protocol version"),
                ]
                for (more, reason) in rows {
                    let result = try await probe("tls", server.merging(more) { $1 })
                    let told = result.reason.replacing("29 days", with: "N days").replacing("30 days", with: "N days")
                    #expect(told == reason)
                }
            }
        }
    }

    @Test(
        arguments: [
            (
                "smtp", [.send("220 hi\r\n"), .awaitAnything, .send("250-hi\r\n250 SIZE\r\n"), .hang],
                "does not offer STARTTLS"
            ),
            (
                "smtp",
                [.send("220 hi\r\n"), .awaitAnything, .send("250 STARTTLS\r\n220 go\r\n250 injected\r\n"), .hang],
                "spoke before it was asked: \"220 go\""
            ),
            (
                "imap", [.send("* OK hi\r\n"), .awaitAnything, .send("n1 OK go\r\n* OK injected\r\n"), .hang],
                "sent more in the clear after it agreed to TLS"
            ),
            ("smtp", [.send("554 go away\r\n"), .hang], "the greeting is \"554 go away\", expected 220"),
            ("smtp", [.send("220-more\r\n"), .hang], "timed out after TIME waiting for the greeting"),
            (
                "smtp", [.send("220 hi\r\n"), .awaitAnything, .close],
                "closed the connection before the answer to EHLO was complete"
            ),
            (
                "smtp", [.flood("220-kitten\r\n", bytes: 10_000_000)],
                "sent more than 65,536 bytes and no end of a reply"
            ),
            ("imap", [.send("* BYE busy\r\n"), .hang], "the greeting is \"* BYE busy\", expected * OK or * PREAUTH"),
            (
                "imap", [.send("* OK hi\r\n"), .awaitAnything, .send("n1 BAD no\r\n"), .hang],
                "the answer to STARTTLS is \"n1 BAD no\", expected OK"
            ),
            (
                "pop3", [.send("+OK hi\r\n"), .awaitAnything, .send("-ERR no\r\n"), .hang],
                "the answer to STLS is \"-ERR no\", expected +OK"
            ),
            (
                "ftp", [.send("220 hi\r\n"), .awaitAnything, .send("530 no\r\n"), .hang],
                "the answer to AUTH TLS is \"530 no\", expected 234"
            ),
            ("postgresql", [.awaitAnything, .send("N"), .hang], "the answer to SSLRequest is \"N\", expected S"),
            (
                "smtp", [.dribble("220-x\r\n", every: .milliseconds(5))],
                "timed out after TIME waiting for the greeting"
            ),
            (
                "imap", [.send("HTTP/1.1 400 Bad Request"), .hang],
                "the greeting is \"HTTP/1.1 400 Bad Request\", expected * OK or * PREAUTH"
            ),
        ] as [(String, [HostileServer.Act], String)])
    func `a server that does not want TLS, or cheats, is told as that`(
        start: String, acts: [HostileServer.Act], reason: String
    ) async throws {
        let server = try await HostileServer(acts)
        let arguments = ["host": "127.0.0.1", "port": "\(server.port)", "starttls": start]
        let said = try await outcome(of: reason) { try await probe("tls", arguments, timeout: $0) }.said
        #expect(said == reason)
        try await eventually("the connection is closed") { server.ended == server.connections }
        await server.stop()
    }
}
