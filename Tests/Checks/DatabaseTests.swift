import Foundation
import TestSupport
import Testing

@testable import Checks

/// PostgreSQL, MariaDB and Redis as they come from Debian, primary and replica.
@Suite struct DatabaseTests {
    @Test func `redis answers and says who is the primary`() async throws {
        try await withFolder { folder in
            let secret = try folder.write("secret", "purr-s3cret")
            let common = ["--bind", "127.0.0.1", "--save", "", "--dir", folder.path, "--requirepass", "purr-s3cret"]
            try await withServer("redis-server", { common + ["--port", "\($0)"] }) { primary in
                try await withServer(
                    "redis-server",
                    {
                        common + [
                            "--port", "\($0)", "--replicaof", "127.0.0.1 \(primary)", "--masterauth", "purr-s3cret",
                        ]
                    }
                ) { replica in
                    let rows: [(Int, [String: String], Bool, String)] = [
                        (primary, [:], false, "NOAUTH Authentication required."),
                        (primary, ["password": "file:\(secret)"], true, "PONG"),
                        (
                            primary, ["password": "file:\(secret)", "user": "default", "role": "primary"], true,
                            "PONG, primary"
                        ),
                        (
                            primary, ["password": "file:\(secret)", "role": "replica"], false,
                            "is the primary, expected a replica"
                        ),
                        (
                            replica, ["password": "file:\(secret)", "role": "primary"], false,
                            "is a replica, expected the primary"
                        ),
                        (replica, ["password": "file:\(secret)", "role": "replica"], true, "PONG, replica"),
                        (
                            primary, ["password": "file:\(secret)", "user": "tom"], false,
                            "login refused: WRONGPASS invalid username-password pair or user is disabled."
                        ),
                    ]
                    for (port, more, isSuccess, reason) in rows {
                        let result = try await probe(
                            "redis", ["host": "127.0.0.1", "port": "\(port)"].merging(more) { $1 })
                        #expect(result.reason == reason)
                        #expect(result.isSuccess == isSuccess)
                    }
                }
            }
        }
    }

    @Test func `postgresql logs in each way and says whether it is writable`() async throws {
        try await withFolder { folder in
            let certificates = try await Certificates(in: folder)
            let secret = try folder.write("secret", "purr-s3cret\n")
            let wrong = try folder.write("wrong", "hiss")
            let bin = try #require(
                try FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql").sorted().last
                    .map { "/usr/lib/postgresql/\($0)/bin" })
            let data = folder.path + "/data"
            try allow(folder.path)
            let make = try unprivileged(
                "\(bin)/initdb", ["-D", data, "-U", "tom", "-A", "scram-sha-256", "--pwfile", secret, "--no-sync"],
                as: "postgres")
            let (output, code) = try await run(make.tool, make.arguments, within: .seconds(60))
            #expect(code == 0, "\(output)")
            try folder.write(
                "data/pg_hba.conf",
                """
                host all trusted 127.0.0.1/32 trust
                host all legacy 127.0.0.1/32 md5
                hostssl all clear 127.0.0.1/32 password
                host all all 127.0.0.1/32 scram-sha-256
                """)
            for name in ["good.pem", "good.key"] {
                try FileManager.default.copyItem(atPath: "\(folder.path)/\(name)", toPath: "\(data)/\(name)")
            }
            try own("\(data)/good.key")
            try own("\(data)/good.pem")
            let start = try unprivileged("\(bin)/postgres", [], as: "postgres")
            try await withServer(
                start.tool,
                { port in
                    start.arguments + [
                        "-D", data, "-p", "\(port)", "-c", "listen_addresses=127.0.0.1", "-k", folder.path, "-c",
                        "ssl=on",
                        "-c", "ssl_cert_file=\(data)/good.pem", "-c", "ssl_key_file=\(data)/good.key", "-c",
                        "fsync=off",
                    ]
                }
            ) { port in
                let server = ["host": "127.0.0.1", "port": "\(port)"]
                let password = ["password": "file:\(secret)"]
                func psql(_ statement: String) async throws {
                    let tool =
                        "/usr/lib/postgresql/\(URL(fileURLWithPath: bin).deletingLastPathComponent().lastPathComponent)/bin/psql"
                    let (text, code) = try await run(
                        tool, ["postgresql://tom:purr-s3cret@127.0.0.1:\(port)/postgres", "-c", statement])
                    #expect(code == 0, "\(text)")
                }
                try await eventually("it takes logins") {
                    try await probe("postgresql", server.merging(["user": "tom"]) { $1 }.merging(password) { $1 })
                        .isSuccess
                }
                try await psql("CREATE ROLE trusted LOGIN")
                try await psql("SET password_encryption=md5; CREATE ROLE legacy LOGIN PASSWORD 'purr-s3cret'")
                try await psql("CREATE ROLE clear LOGIN PASSWORD 'purr-s3cret'")
                try await psql(
                    "CREATE ROLE reader LOGIN PASSWORD 'purr-s3cret'; ALTER ROLE reader SET default_transaction_read_only=on"
                )
                let tls = ["tls": "yes", "ca": certificates.authority]
                let rows: [([String: String], Bool, String)] = [
                    ([:], true, "PostgreSQL answers"),
                    (tls, true, "PostgreSQL answers"),
                    (["user": "trusted"], true, "writable"),
                    (["user": "tom", "role": "primary"].merging(password) { $1 }, true, "writable"),
                    (
                        ["user": "tom", "role": "replica"].merging(password) { $1 }, false,
                        "writable, expected a replica"
                    ),
                    (["user": "legacy"].merging(password) { $1 }, true, "writable"),
                    (["user": "clear"].merging(password) { $1 }.merging(tls) { $1 }, true, "writable"),
                    (
                        ["user": "reader", "role": "primary"].merging(password) { $1 }, false,
                        "not writable, expected the primary"
                    ),
                    (["user": "tom"], false, "login refused: it wants a password"),
                    (
                        ["user": "tom", "password": "file:\(wrong)"], false,
                        "login refused: password authentication failed for user \"tom\" (28P01)"
                    ),
                ]
                for (more, isSuccess, reason) in rows {
                    let result = try await probe("postgresql", server.merging(more) { $1 })
                    #expect(result.reason.hasSuffix(reason), "\(more): \(result.reason)")
                    #expect(result.isSuccess == isSuccess, "\(more): \(result.reason)")
                }
                let handshake = try await probe(
                    "tls", server.merging(["starttls": "postgresql", "ca": certificates.authority]) { $1 })
                #expect(handshake.reason.hasPrefix("TLS 1.3, certificate for cat.example.test"), "\(handshake.reason)")
            }
        }
    }

    @Test func `mysql logs in and says whether it is writable`() async throws {
        try await withFolder { folder in
            let secret = try folder.write("secret", "purr-s3cret")
            let wrong = try folder.write("wrong", "hiss")
            let data = folder.path + "/data"
            let user = geteuid() == 0 ? "root" : NSUserName()
            let (output, code) = try await run(
                "mariadb-install-db",
                [
                    "--no-defaults", "--datadir=\(data)", "--user=\(user)", "--auth-root-authentication-method=normal",
                    "--skip-test-db",
                ],
                within: .seconds(60))
            #expect(code == 0, "\(output)")
            let setup = try folder.write(
                "setup.sql",
                "DELETE FROM mysql.global_priv WHERE User='';\nFLUSH PRIVILEGES;\nCREATE USER tom@'%' IDENTIFIED BY 'purr-s3cret';\nCREATE USER free@'%';\nGRANT ALL ON *.* TO root@'%';\n"
            )
            try await withServer(
                "mariadbd",
                { port in
                    [
                        "--no-defaults", "--datadir=\(data)", "--user=\(user)", "--bind-address=127.0.0.1",
                        "--port=\(port)",
                        "--socket=\(folder.path)/socket", "--init-file=\(setup)", "--pid-file=\(folder.path)/pid",
                    ]
                }
            ) { port in
                let server = ["host": "127.0.0.1", "port": "\(port)"]
                let login = ["user": "tom", "password": "file:\(secret)"]
                let rows: [([String: String], Bool, String)] = [
                    ([:], true, "MySQL 5.5.5-10"),
                    (login.merging(["role": "primary"]) { $1 }, true, "MySQL "),
                    (login.merging(["role": "replica"]) { $1 }, false, "MySQL "),
                    (["user": "free"], true, "MySQL "),
                    (
                        ["user": "tom", "password": "file:\(wrong)"], false,
                        "login refused: Access denied for user 'tom'@'"
                    ),
                    (login.merging(["tls": "yes", "insecure": "yes"]) { $1 }, false, "does not offer TLS"),
                ]
                for (more, isSuccess, reason) in rows {
                    let result = try await probe("mysql", server.merging(more) { $1 })
                    #expect(result.reason.hasPrefix(reason), "\(more): \(result.reason)")
                    #expect(result.isSuccess == isSuccess, "\(more): \(result.reason)")
                }
                _ = try await run(
                    "mariadb",
                    ["--no-defaults", "-S", "\(folder.path)/socket", "-u", "root", "-e", "SET GLOBAL read_only=1"])
                let result = try await probe("mysql", server.merging(login) { $1 }.merging(["role": "primary"]) { $1 })
                #expect(result.reason.hasSuffix(", not writable, expected the primary"), "\(result.reason)")
            }
        }
    }

    /// Lets another user into a folder of this test.
    private func allow(_ path: String) throws {
        guard geteuid() == 0, let user = getpwnam("postgres") else { return }
        chown(path, user.pointee.pw_uid, user.pointee.pw_gid)
    }

    /// Gives a file to PostgreSQL's user, who alone may read it.
    private func own(_ path: String) throws {
        try allow(path)
        chmod(path, 0o600)
    }

    @Test func `the messages of SCRAM are those of the RFC's example`() throws {
        var scram = SCRAM(password: "pencil", nonce: "rOprNGfwEbeRWgbNEkqO")
        #expect(scram.first == "n,,n=,r=rOprNGfwEbeRWgbNEkqO")
        let challenge = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
        let answer = scram.answer(to: challenge) ?? "nothing"
        #expect(answer.hasPrefix("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p="))
        let foreign = scram.answer(to: "r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")
        #expect(foreign == nil, "not our nonce")
        let tooSlow = scram.answer(to: challenge.replacing("4096", with: "99999999"))
        #expect(tooSlow == nil, "it would take too long")
        #expect(!scram.isProof("v=AAAA"))
    }
}
