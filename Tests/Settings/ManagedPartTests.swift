import Testing

@testable import Settings

/// What the page and the API add to a file.
@Suite struct ManagedPartTests {
    private let file = """
        zones: [{ name: example.test, records: "@ 300 IN SOA ns1 host 1 2 3 4 5\\n@ 300 IN NS ns1\\nns1 300 IN A 127.0.0.1" }]
        policies: { quick: { interval: 1s } }
        """

    @Test func `both parts make one configuration, and know who manages what`() throws {
        var part = ManagedPart()
        part.set(
            .section([
                .init("check", .text("tcp")), .init("host", .text("192.0.2.1")), .init("port", .text("80")),
                .init("policy", .text("quick")),
            ]), "a:b", in: .indicators)
        let settings = try Settings.parse(file, file: "n.yaml", managed: part).get()
        #expect(settings.configuration.indicators.map(\.name.text) == ["a:b"])
        #expect(settings.managed.contains("a:b", in: .indicators) && !settings.managed.contains("quick", in: .policies))
        part.set(nil, "a:b", in: .indicators)
        #expect(part.text == "")
    }

    @Test func `a name that is in both parts is told at its place in the file`() throws {
        var part = ManagedPart()
        part.set(.section([]), "quick", in: .policies)
        guard case .failure(let errors) = Settings.parse(file, file: "n.yaml", managed: part) else {
            Issue.record("it was taken: \(part.text)")
            return
        }
        #expect(
            errors.description.hasPrefix("n.yaml:2:13: policies.quick has been made with the API or the page already"))
    }

    @Test func `what is wrong in the managed part is told as such`() throws {
        var part = ManagedPart()
        part.set(.section([.init("interval", .text("10"))]), "slow", in: .policies)
        guard case .failure(let errors) = Settings.parse(file, file: "n.yaml", managed: part) else {
            Issue.record("it was taken: \(part.text)")
            return
        }
        #expect(errors.description.hasPrefix("made with the API:3:15: policies.slow.interval \"10\" is not a duration"))
    }

    @Test func `accounts and projects of both parts stand together, each with who manages it`() throws {
        let file = """
            \(file)
            providers: { ours: { driver: webhook, url: "http://127.0.0.1:9/" } }
            projects: { cats: { indicators: "cat:*" } }

            """
        var part = ManagedPart()
        part.set(
            .section([
                .init("driver", .text("powerdns")), .init("url", .text("http://127.0.0.1:9/")),
                .init("key", .text("store:theirs-key")),
            ]), "theirs", in: .providers)
        part.set(.section([.init("schemes", .list([.text("*.DOGS.example.test.")]))]), "dogs", in: .projects)
        let settings = try Settings.parse(file, file: "n.yaml", managed: part).get()
        #expect(settings.providers.map(\.name) == ["ours", "theirs"])
        #expect(settings.managed.providers == ["theirs"] && settings.managed.projects == ["dogs"])
        #expect(settings.projects.map(\.name) == ["cats", "dogs"])
        #expect(settings.projects.last?.has("a.dogs.example.test", in: .schemes) == true)
        #expect(ConfiguredValue.storedSecrets(ofProvider: "theirs", in: part.text) == ["theirs-key"])
    }

    @Test(arguments: ["on", "7", "null", "1.50", "2026-01-01"])
    func `a name that YAML could take for something else is a name`(name: String) {
        let text = "providers: { \(name): { driver: powerdns, key: store:their-key } }"
        #expect(ConfiguredValue.storedSecrets(ofProvider: name, in: text) == ["their-key"])
    }

    @Test func `where programs are forbidden, only the file may have an account that runs one`() throws {
        let account = "exec: { driver: exec, program: /bin/true }"
        let strict = file + "\nchecks: { forbid: programs }\n"
        #expect(throws: Never.self) { try Settings.parse(strict + "providers: { \(account) }\n", file: "n.yaml").get() }
        var part = ManagedPart()
        part.set(
            .section([.init("driver", .text("exec")), .init("program", .text("/bin/true"))]), "exec", in: .providers)
        #expect(throws: Never.self) { try Settings.parse(file, file: "n.yaml", managed: part).get() }
        guard case .failure(let errors) = Settings.parse(strict, file: "n.yaml", managed: part) else {
            Issue.record("it was taken")
            return
        }
        #expect(errors.errors.map(\.path) == ["providers.exec.driver"])
        #expect(errors.description.contains("\"exec\" is forbidden here"))
    }

    @Test(
        "what was put in comes out again",
        arguments: [
            "plain", "", "null", "~", "on", "a: b", "# no comment", "two\nlines", "\"", "é", "- x", "0x1F", "*a",
        ])
    func roundTrip(text: String) {
        var part = ManagedPart()
        let value = ConfiguredValue.section([.init("key", .text(text)), .init("list", .list([.text(text)]))])
        part.set(value, text + "name", in: .schemes)
        #expect(part.entry(text + "name", in: .schemes) == value, "\(part.text)")
    }
}

/// What is never shown.
@Suite struct SecretTextTests {
    @Test(
        "a secret is taken out however it is written, and comes back letter by letter",
        arguments: [
            ("secret: abc", "secret: masked:0"), ("secret: \"a'b\" # c", "secret: masked:0 # c"),
            ("secret: 'a''b'", "secret: masked:0"),
            ("{ k: { secret: abc, algorithm: x } }", "{ k: { secret: masked:0, algorithm: x } }"),
            ("password: |\n  two\n  lines\nx: 1", "password: masked:0\nx: 1"),
            ("a:\n  token: one\n    two\n  x: 1", "a:\n  token: masked:0\n  x: 1"),
            ("token: [a, b]", "token: [masked:0, masked:1]"),
            ("x: &s abc\nsecret: *s", "x: &s masked:0\nsecret: *s"),
            ("secret: !!str abc", "secret: !!str masked:0"),
            ("url: https://me:pw@example.org/", "url: https://me:masked:0@example.org/"),
            ("secret: \"é\\\"ü\"\nx: é", "secret: masked:0\nx: é"),
            (
                "channels: { a: { url: https://example.org/x } }\nurl: https://example.org/",
                "channels: { a: { url: masked:0 } }\nurl: https://example.org/"
            ),
            ("secret: env:NAME", "secret: env:NAME"), ("secret: file:/run/x", "secret: file:/run/x"),
            ("secret:", "secret:"), ("key: abc", "key: abc"),
            ("url: https://example.org:80/@x", "url: https://example.org:80/@x"),
        ] as [(String, String)])
    func masks(text: String, masked: String) throws {
        let secret = SecretText(text) { "\($0.utf8.reduce(UInt64(7)) { $0 &* 31 &+ UInt64($1) })00000000000000" }
        var expected = masked
        for (index, mask) in secret.secrets.keys.sorted(by: { place(of: $0, in: secret) < place(of: $1, in: secret) })
            .enumerated()
        {
            expected = expected.replacing("masked:\(index)", with: mask)
        }
        #expect(secret.masked == expected)
        #expect(try SecretText.reveal(secret.masked, secret.secrets) == text)
    }

    private func place(of mask: String, in text: SecretText) -> String.Index {
        text.masked.firstRange(of: mask)?.lowerBound ?? text.masked.endIndex
    }

    @Test func `a mask that stands for nothing is told with its place`() {
        #expect(throws: SecretText.UnknownMask(line: 2, column: 9, mask: "masked:0123456789ab")) {
            try SecretText.reveal("a: 1\nsecret: masked:0123456789ab", [:])
        }
    }
}
