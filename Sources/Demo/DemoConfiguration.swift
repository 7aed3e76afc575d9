/// The configuration that the demo writes: an ordinary one, to read and to change.
package enum DemoConfiguration {
    /// - Parameters:
    ///   - dns: such as `127.0.0.1:5300`.
    ///   - http: such as `127.0.0.1:8053`.
    package static func yaml(dns: String, http: String, kittenPort: Int) -> String {
        """
        # Written by `ninelives demo`. Copy it and change it: `ninelives serve --config FILE`.
        listen:
          dns: ["\(dns)"]
          http: "\(http)"
        data: .
        # Nobody but this server knows these names.
        propagation: { resolvers: none }
        zones:
          - name: example.test
            records: |
              @    900  IN SOA   ns1 hostmaster 1 3600 600 604800 60
              @    900  IN NS    ns1
              @    900  IN NS    ns2
              ns1  900  IN A     127.0.0.1
              ns2  900  IN A     127.0.0.2
              www  300  IN CNAME cat
        policies:
          quick: { interval: 1s, timeout: 800ms, recheck: 200ms, fall: 3, rise: 3 }
          # A backup is trusted more slowly: when it and the main server come back at the same moment, the name goes
          # straight to the main one.
          steady: { interval: 1s, timeout: 800ms, recheck: 200ms, fall: 3, rise: 15 }
        indicators:
        \(Kitten.all.map { indicator($0, port: kittenPort) }.joined(separator: "\n"))
        schemes:
          cat.example.test:
            provider: local
            ttl: 30
            failback: immediate
            all-down: hold
            answers: all
            members:
        \(zip(Kitten.all, [100, 95, 85]).map(member).joined(separator: "\n"))

        """
    }

    private static func indicator(_ kitten: Kitten, port: Int) -> String {
        """
          \(kitten.name):cat:
            check: http-grep
            url: http://cat.example.test:\(port)/
            must-have: status=OK
            options: addr=\(kitten.address)
            policy: \(kitten.role == "main" ? "quick" : "steady")
        """
    }

    private static func member(_ kitten: Kitten, priority: Int) -> String {
        "      - { indicator: \"\(kitten.name):cat\", value: \(kitten.address), priority: \(priority) }"
    }
}
