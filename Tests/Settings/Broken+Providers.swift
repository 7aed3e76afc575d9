import Providers

extension Broken {
    private static func provider(_ rest: String) -> String { "providers:\n  cf: { \(rest) }" }

    static let providers = [
        Broken(
            "a provider without a driver", provider("token: env:T"),
            "n.yaml:2:3: providers.cf has no driver; use driver: with one of "
                + drivers),
        Broken(
            "a driver misspelt", provider("driver: cloudflair, token: env:T"),
            #"n.yaml:2:17: providers.cf.driver "cloudflair" is not a driver: did you mean "cloudflare"?"#),
        Broken(
            "a secret in plain text", provider("driver: cloudflare, token: hunter2"),
            "n.yaml:2:29: providers.cf.token is not where a secret is: secrets are never written themselves; "
                + "use env:NAME (an environment variable), file:PATH (a file that holds nothing else) or store:NAME"),
        Broken(
            "a secret under a misspelt key", provider("driver: cloudflare, token: env:T, tokn: hunter2"),
            "n.yaml:2:43: providers.cf.tokn is not an argument of cloudflare; use one of token, email, key, zone-id, "
                + "url, ca-file"),
        Broken(
            "no credentials", provider("driver: cloudflare"),
            "n.yaml:2:3: providers.cf.token is missing; use token: env:NAME, or key and email"),
        Broken(
            "an API that is no URL", provider("driver: cloudflare, token: env:T, url: ftp://x"),
            #"n.yaml:2:48: providers.cf.url "ftp://x" is not an http or https URL without query and password; use "#
                + "http://HOST[:PORT][/PATH] or https://…"),
        Broken(
            "a token that is missing", provider("driver: hetzner"),
            "n.yaml:2:3: providers.cf.token is missing; use env:NAME (an environment variable), file:PATH (a file that "
                + "holds nothing else) or store:NAME"),
        Broken(
            "a zone that is none", provider("driver: gandi, token: env:T, zone: a..b"),
            #"n.yaml:2:44: providers.cf.zone "a..b" is not a zone's name; use a domain of the account"#),
        Broken(
            "a TTL that is none", provider("driver: desec, token: env:T, minimum-ttl: 1h"),
            #"n.yaml:2:51: providers.cf.minimum-ttl "1h" is not a whole number; use a whole number from 1 to 86400"#),
        Broken(
            "an application without its secret's place",
            provider(
                "driver: azure-dns, tenant-id: t, client-id: c, client-secret: hunter2, subscription-id: s, "
                    + "resource-group: g"),
            "n.yaml:2:56: providers.cf.client-secret is not where a secret is: secrets are never written themselves; "
                + "use env:NAME (an environment variable), file:PATH (a file that holds nothing else) or store:NAME"),
        Broken(
            "a drift rule that is none", provider("driver: cloudflare, token: env:T, drift: panic"),
            #"n.yaml:2:50: providers.cf.drift "panic" is neither correct nor report; use correct or report"#),
        Broken(
            "a share above the whole", provider("driver: cloudflare, token: env:T, max-changes: 101%"),
            #"n.yaml:2:56: providers.cf.max-changes "101%" is not a share; use 1%…100%, or off"#),
        Broken(
            "a name server that is a name", provider("driver: cloudflare, token: env:T, servers: [ns1]"),
            #"n.yaml:2:53: providers.cf.servers[0] "ns1" is not a name server's address; use an address with or "#
                + "without a port, such as 192.0.2.53 or 127.0.0.1:5300"),
        Broken(
            "an account called local", "providers: { local: { driver: cloudflare, token: env:T } }",
            "n.yaml:1:14: providers.local is our own DNS server, which needs no account; use another name"),
        Broken(
            "a scheme with an unknown provider beside known ones",
            """
            providers: { cf: { driver: cloudflare, token: env:T } }
            indicators: { a: { check: tcp, host: h, port: 1 } }
            schemes:
              web.example.test: { providers: [cf, elsewhere], members: [{ indicator: a, value: 192.0.2.1 }] }
            """,
            #"n.yaml:4:39: schemes.web.example.test.providers[1] "elsewhere" is not a provider; use one of local, cf"#),
    ]

    /// Those that exist, as an error lists them.
    private static let drivers = ProviderDriver.all.map { $0.driver }.joined(separator: ", ")
}
