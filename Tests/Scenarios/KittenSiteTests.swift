import Foundation
import TestSupport
import Testing

/// The demo as a person sees it: the real executable, asked with the real dig.
@Suite(.serialized) struct KittenSiteTests {
    @Test func `within one compressed hour the name goes from charlie to echo to bravo and back, and www follows`()
        async throws
    {
        // Half a minute for the hour: each server answers for about ten seconds.
        let demo = try await RunningDemo(speed: 120)
        var seen: [String] = []
        let expected = ["127.0.0.11", "127.0.0.12", "127.0.0.13", "127.0.0.11"]
        do {
            try await eventually("the hour has passed", within: .seconds(150)) {
                let answer = try await demo.digShort("cat.example.test")
                #expect(answer.count == 1, "one server answers at a time, not \(answer)")
                if let address = answer.first, address != seen.last {
                    seen.append(address)
                    let alias = try await demo.digShort("www.example.test")
                    #expect(alias == ["cat.example.test.", address], "www follows")
                }
                return seen.count == expected.count
            }
        } catch {
            Issue.record("saw \(seen): \(error)")
        }
        await demo.stop()
        #expect(seen == expected)
    }

    @Test func `a killed server is left within fall probes, and explain says how soon the answer changed`() async throws
    {
        // An hour that lasts an hour: nothing fails but what is killed.
        let demo = try await RunningDemo(speed: 1)
        let before = try await demo.digShort("cat.example.test")
        let server = before.first == "127.0.0.11" ? "charlie" : before.first == "127.0.0.12" ? "echo" : "bravo"
        let killed = try await ninelives("demo", "--kill", server, "--url", demo.url)
        #expect(killed.code == 0, "\(killed.output)")
        try await eventually("the answer leaves \(server)") {
            let answer = try await demo.digShort("cat.example.test")
            // When the last one is dead too, the rule is to hold.
            return server == "bravo" || (answer.count == 1 && answer != before)
        }
        let explained = try await ninelives("explain", "cat.example.test", "--url", demo.url)
        #expect(explained.code == 0)
        if server != "bravo" {
            #expect(explained.output.contains("\(server):cat failure"), "\(explained.output)")
            #expect(explained.output.contains("connection refused"), "\(explained.output)")
            #expect(explained.output.contains("3 failures of 3 needed"), "\(explained.output)")
            #expect(explained.output.contains("our DNS answers so"), "\(explained.output)")
        }

        let revived = try await ninelives("demo", "--revive", server, "--url", demo.url)
        #expect(revived.code == 0)
        try await eventually("\(server) answers again") {
            try await demo.digShort("cat.example.test") == before
        }
        let unknown = try await ninelives("demo", "--kill", "garfield", "--url", demo.url)
        #expect(unknown.code == 1)
        #expect(unknown.output.contains("garfield"))
        await demo.stop()
    }

    @Test func `a hundred digs over UDP and TCP while members flap are never empty and never mixed`() async throws {
        let demo = try await RunningDemo(speed: 360)
        let flapping = Task {
            while !Task.isCancelled {
                _ = try? await ninelives("demo", "--kill", "charlie", "--url", demo.url)
                _ = try? await ninelives("demo", "--revive", "charlie", "--url", demo.url)
            }
        }
        let known: Set = ["127.0.0.11", "127.0.0.12", "127.0.0.13"]
        for count in 0..<100 {
            let answer = try await demo.digShort("cat.example.test", count.isMultiple(of: 2) ? "+tcp" : "+notcp")
            #expect(answer.count == 1 && known.isSuperset(of: answer), "dig number \(count) got \(answer)")
        }
        flapping.cancel()
        await flapping.value
        await demo.stop()
    }

    @Test func `an appliance's answer: two primaries, their name servers and their glue`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let site = try await RunningSite(in: folder, members: ["127.0.0.1": 100, "127.0.0.2": 100])
        try await eventually("both primaries answer") {
            try await run("dig", ["@127.0.0.1", "-p", "\(site.dnsPort)", "two.example.test"]).output
                .contains("ANSWER: 2, AUTHORITY: 2, ADDITIONAL: 3")
        }
        let (output, _) = try await run("dig", ["@127.0.0.1", "-p", "\(site.dnsPort)", "two.example.test"])
        #expect(output.contains("flags: qr aa rd;"), "\(output)")
        #expect(output.contains("status: NOERROR"))
        await site.process.stop()
    }

    @Test func `whoever started the demo may order things in it`() async throws {
        let demo = try await RunningDemo(speed: 1)
        let ordered = try await demo.ninelives("maintenance", "echo:*", "--for", "2h", "--reason", "kernel")
        #expect(ordered.code == 0, "\(ordered.output)")
        let status = try await demo.ninelives("status")
        #expect(status.output.contains("maintenance"), "\(status.output)")
        await demo.stop()
    }

    @Test func `Ctrl-C stops the demo cleanly`() async throws {
        let demo = try await RunningDemo(speed: 60)
        demo.process.signal(SIGINT)
        let code = await demo.process.end()
        #expect(code == 0, "\(demo.process.printed)")
        await demo.stop()
    }
}

/// A running `ninelives serve` whose members are all the test's own web page.
struct RunningSite {
    let process: ChildProcess
    let dnsPort: Int
    let url: String

    init(in folder: TemporaryFolder, members: KeyValuePairs<String, Int>) async throws {
        dnsPort = try freePort()
        let httpPort = try freePort()
        url = "http://127.0.0.1:\(httpPort)"
        var indicators = ""
        var list = ""
        for (address, priority) in members {
            // Each member is checked at our own page: it is up as long as we are.
            indicators += "  \"\(address)\": { check: tcp, host: 127.0.0.1, port: \(httpPort), policy: fast }\n"
            list += "      - { indicator: \"\(address)\", value: \(address), priority: \(priority) }\n"
        }
        let file = try folder.write(
            "site.yaml",
            """
            listen:
              dns: ["127.0.0.1:\(dnsPort)"]
              http: "127.0.0.1:\(httpPort)"
            data: ./data
            zones:
              - name: example.test
                records: |
                  @   900 IN SOA ns1 hostmaster 1 3600 600 604800 60
                  @   900 IN NS  ns1
                  @   900 IN NS  ns2
                  ns1 900 IN A   127.0.0.1
                  ns2 900 IN A   127.0.0.2
            indicators:
            \(indicators)
            schemes:
              two.example.test:
                ttl: 30
                members:
            \(list)
            """)
        process = try ChildProcess(binary, ["serve", "--config", file])
    }
}
