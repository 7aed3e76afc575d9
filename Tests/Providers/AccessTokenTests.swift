import Addresses
import DNS
import Emulators
import Foundation
import Providers
import Secrets
import TestSupport
import Testing

/// Google's Cloud DNS and Azure DNS: access tokens, and what each does that the other does not.
@Suite struct AccessTokenTests {
    // MARK: Access tokens

    @Test func `one access token serves many calls, and one that was revoked is asked for again`() async throws {
        let (google, azure) = (GoogleCloudDNSEmulator(), AzureDNSEmulator())
        try await DriverCase.named("google-cloud-dns").run(google) { world in
            for number in 1...3 { try await world.provider.make([address("192.0.2.\(number)")]) }
            #expect(await google.issuedTokens() == 1)
            await google.revokeAccessTokens()
            try await world.provider.make([address("192.0.2.9")])
            #expect(await google.issuedTokens() == 2)
            #expect(await google.listing() == ["www.example.org 300 A 192.0.2.9"])
        }
        try await DriverCase.named("azure-dns").run(azure) { world in
            for number in 1...3 { try await world.provider.make([address("192.0.2.\(number)")]) }
            #expect(await azure.issuedTokens() == 1)
            // A change that meets a token that has expired is made once, with the next one.
            let before = try await world.readA()
            await azure.revokeAccessTokens()
            try await world.write("192.0.2.9", before: before)
            #expect(await azure.issuedTokens() == 2)
            #expect(await azure.listing() == ["www.example.org 300 A 192.0.2.9"])
        }
    }

    @Test func `an access token is asked for again before it expires`() async throws {
        let emulator = AzureDNSEmulator()
        try await DriverCase.named("azure-dns").run(emulator) { world in
            await emulator.setTokenLifetime(2)
            #expect(try await world.held() == [])
            #expect(await emulator.issuedTokens() == 1)
            try await eventually("half of its two seconds are over") {
                _ = try await world.held()
                return await emulator.issuedTokens() == 2
            }
        }
    }

    @Test(arguments: DriverCase.withAccessToken)
    func `a token endpoint that fails is told as such, and nothing is claimed of the record`(
        _ driver: DriverCase
    ) async throws {
        for (fault, words) in [
            (Fault.badGateway, "the provider has an error: "), (.html, "the answer was not understood: "),
            (.rateLimited, "rate limited: "), (.lost, "unreachable: "), (.truncated, "unreachable: "),
        ] as [(Fault, String)] {
            try await driver.run { world in
                await world.emulator.faults.add(fault)
                let said = await outcome { try await world.provider.make([address("192.0.2.1")]) }
                #expect(said.hasPrefix(words), "\(fault): \(said)")
                #expect(await world.emulator.listing() == [])
            }
        }
    }

    @Test(arguments: DriverCase.withAccessToken)
    func `an access token is never said`(_ driver: DriverCase) async throws {
        try await driver.run { world in
            let said = await outcome { try await world.provider.make([address("192.0.2.1")], owner: "x.example.test") }
            #expect(!said.contains("issued."), "\(said)")
            #expect(!"\(world.provider)".contains("good-token"), "nor by a description")
            #expect(!String(reflecting: world.provider).contains("PRIVATE KEY"))
        }
    }

    // MARK: Google

    @Test func `the assertion's signature holds before OpenSSL`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let file = Secret(try GoogleAccountKey.file(for: "ann"))
        let account = try #require(GoogleServiceAccount(file))
        let assertion = try #require(account.assertion(now: 1_767_225_600))
        let parts = assertion.reveal().split(separator: ".").map(String.init)
        #expect(parts.count == 3)
        func octets(_ text: String) -> Data? {
            let plain = text.replacing("-", with: "+").replacing("_", with: "/")
            return Data(base64Encoded: plain + String(repeating: "=", count: (4 - plain.count % 4) % 4))
        }
        try folder.write("signed", parts[0] + "." + parts[1])
        try folder.write("public.pem", try GoogleAccountKey.publicKey())
        try #require(octets(parts[2])).write(to: URL(fileURLWithPath: folder.path + "/signature"))
        let (output, code) = try await run(
            "openssl",
            [
                "dgst", "-sha256", "-verify", folder.path + "/public.pem", "-signature", folder.path + "/signature",
                folder.path + "/signed",
            ])
        #expect(code == 0 && output.contains("Verified OK"), "\(output)")
        let claims = String(decoding: try #require(octets(parts[1])), as: UTF8.self)
        #expect(
            claims == #"{"aud":"https://oauth2.googleapis.com/token","exp":1767229200,"iat":1767225600,"#
                + #""iss":"ann@emulated.iam.gserviceaccount.com","#
                + #""scope":"https://www.googleapis.com/auth/ndev.clouddns.readwrite"}"#)
    }

    @Test(arguments: [
        ("{}", "is no service account's key: right is the JSON file that Google gives out for it"),
        ("not JSON", "is no service account's key: right is the JSON file that Google gives out for it"),
        ("  \n", "is empty"),
        (
            #"{"client_email":"a@example.org","private_key":"hunter2","project_id":"p"}"#,
            "is no RSA key of at least 2048 bits in PEM"
        ),
        (#"{"client_email":"a@example.org","private_key":"hunter2"}"#, "names no project_id"),
    ])
    func `a file that is no service account's key is refused without repeating it`(
        content: String, words: String
    ) async throws {
        try await DriverCase.named("google-cloud-dns").run { world in
            try world.folder.write("key", content)
            let provider = try world.provider(["key": "file:key"])
            let said = await outcome { try await provider.make([address("192.0.2.1")]) }
            #expect(said.hasPrefix("refused (credentials): ") && said.contains(words), "\(said)")
            #expect(!said.contains("hunter2"))
        }
    }

    @Test func `all that differs goes to Google in one change, and somebody else's change is noticed`() async throws {
        let emulator = GoogleCloudDNSEmulator()
        try await DriverCase.named("google-cloud-dns").run(emulator) { world in
            try await world.provider.make([address("192.0.2.1")])
            let before = await emulator.faults.changingRequests
            try await world.provider.make([address("192.0.2.2"), address("2001:db8::2")])
            #expect(await emulator.faults.changingRequests == before + 1)
            let old = try await world.readA()
            try await world.provider.make([address("192.0.2.66")])
            let said = await outcome { try await world.write("192.0.2.3", before: old) }
            #expect(said == "changed by somebody else meanwhile: A is 192.0.2.66 meanwhile")
            let now = try await world.readA()
            await emulator.interfereAfterReading("www", type: "A", zone: "example.org", values: ["192.0.2.77"])
            let late = await outcome { try await world.write("192.0.2.3", before: now) }
            #expect(
                late == "changed by somebody else meanwhile: "
                    + "Precondition not met for 'entity.change.deletions[0]' (conditionNotMet)")
            #expect(await emulator.listing() == ["www.example.org 300 A 192.0.2.77"])
        }
    }

    @Test func `private zones are passed over, and public ones found on later pages`() async throws {
        let emulator = GoogleCloudDNSEmulator(pageSize: 2, privateZones: ["www.example.org", "example.org"])
        try await DriverCase.named("google-cloud-dns").run(emulator) { world in
            for number in 1...4 { await emulator.addZone("a\(number).example.net") }
            try await world.provider.make([address("192.0.2.1"), address("2001:db8::1")])
            try await emulator.addRoutingPolicy("api", type: "A", zone: "example.org")
            #expect(try await world.held() == ["A 300 192.0.2.1", "AAAA 300 2001:db8::1"])
        }
    }

    @Test func `a set of Google's with a routing policy is left alone`() async throws {
        let emulator = GoogleCloudDNSEmulator()
        try await DriverCase.named("google-cloud-dns").run(emulator) { world in
            try await emulator.addRoutingPolicy("www", type: "A", zone: "example.org")
            let said = await outcome { try await world.provider.make([address("192.0.2.1")]) }
            #expect(
                said == "refused (another record is in the way): "
                    + "A of www.example.org has a routing policy, which is left to who made it")
        }
    }

    // MARK: Azure

    @Test func `metadata of a record set of Azure's stays`() async throws {
        let emulator = AzureDNSEmulator()
        try await DriverCase.named("azure-dns").run(emulator) { world in
            try await emulator.put(
                "www", type: "A", zone: "example.org", values: ["192.0.2.1"], metadata: ["team": "web"])
            try await world.provider.make([address("192.0.2.2")])
            #expect(await emulator.listing() == ["www.example.org 300 A 192.0.2.2 {team=web}"])
        }
    }

    @Test func `a record set that is an alias of an Azure resource is left alone`() async throws {
        let emulator = AzureDNSEmulator()
        try await DriverCase.named("azure-dns").run(emulator) { world in
            try await emulator.put("www", type: "A", zone: "example.org", values: [], target: "/subscriptions/1/x")
            let said = await outcome { try await world.provider.make([address("192.0.2.1")]) }
            #expect(
                said == "refused (another record is in the way): "
                    + "A of www.example.org is an alias of an Azure resource, which is left alone")
        }
    }

    @Test func `somebody else's change at Azure is noticed before and while it is written`() async throws {
        let emulator = AzureDNSEmulator()
        try await DriverCase.named("azure-dns").run(emulator) { world in
            try await world.provider.make([address("192.0.2.1")])
            let old = try await world.readA()
            try await emulator.put("www", type: "A", zone: "example.org", values: ["192.0.2.66"])
            let said = await outcome { try await world.write("192.0.2.3", before: old) }
            #expect(said == "changed by somebody else meanwhile: A is 192.0.2.66 meanwhile")
            let now = try await world.readA()
            await emulator.interfereAfterReading("www", type: "A", zone: "example.org", values: ["192.0.2.77"])
            let words = await outcome { try await world.write("192.0.2.3", before: now) }
            #expect(words.hasPrefix("changed by somebody else meanwhile: The condition"), "\(words)")
            #expect(await emulator.listing() == ["www.example.org 300 A 192.0.2.77"])
        }
    }

    @Test func `zones of Azure that stand on a later page are found`() async throws {
        let emulator = AzureDNSEmulator(pageSize: 2)
        try await DriverCase.named("azure-dns").run(emulator) { world in
            for number in 1...5 { await emulator.addZone("a\(number).example.net") }
            let held = try await world.held()
            #expect(held == [])
        }
    }

    @Test(arguments: [
        ("tenant-id", "AADSTS90002: Tenant 'nowhere' not found. (invalid_request)", "credentials"),
        (
            "client-id", "AADSTS700016: The application was not found in the directory. (unauthorized_client)",
            "credentials"
        ),
        ("subscription-id", "The subscription was not found. (SubscriptionNotFound)", "no such zone"),
        ("resource-group", "Resource group could not be found. (ResourceGroupNotFound)", "no such zone"),
    ])
    func `a wrong part of Azure's address is refused in Azure's words`(
        key: String, words: String, why: String
    ) async throws {
        try await DriverCase.named("azure-dns").run { world in
            let provider = try world.provider(token: "good-token", [key: "nowhere"])
            let said = await outcome { try await provider.make([address("192.0.2.1")]) }
            #expect(said == "refused (\(why)): \(words)")
        }
    }
}
