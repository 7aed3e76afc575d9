import Addresses
import DNS
import Emulators
import Providers
import TestSupport
import Testing

/// The emulators before the clients that the companies themselves publish: what these take for granted of an answer is
/// there, and both sides see the same records.
@Suite struct OfficialClientTests {
    @Test(arguments: ["hetzner", "digitalocean", "google-cloud-dns", "azure-dns"])
    func `the company's own client reads what we set, and we read what it sets`(name: String) async throws {
        let python = try testTool("python3")
        try await DriverCase.named(name).run { world in
            await world.emulator.addToken("emulated-token")
            try await world.provider.make([address("192.0.2.1"), address("192.0.2.2")])
            let script = try #require(Self.scripts[name])
            let (output, code) = try await run(python, ["-c", script, world.origin])
            #expect(code == 0, "\(output)")
            #expect(
                output == """
                    zone example.org
                    www A 300 ['192.0.2.1', '192.0.2.2']
                    refused

                    """)
            #expect(try await world.held() == ["A 300 192.0.2.1 192.0.2.2"])
            #expect(try await world.held("api.example.org") == ["A 600 192.0.2.9"])
        }
    }

    /// Each prints the zone and our records, makes `api` with a TTL of 600 s and is refused something.
    private static let scripts = [
        "hetzner": """
        import sys
        from hcloud import Client, APIException
        from hcloud.zones import ZoneRecord
        client = Client(token="emulated-token", api_endpoint=sys.argv[1] + "/v1", poll_interval=0.05)
        zone = client.zones.get_all(name="example.org")[0]
        print("zone", zone.name)
        for s in zone.get_rrset_all():
            print(s.name, s.type, s.ttl, sorted(r.value for r in s.records))
        made = zone.create_rrset(name="api", type="A", ttl=300, records=[ZoneRecord(value="192.0.2.8")])
        made.action.wait_until_finished()
        zone.set_rrset_records(made.rrset, [ZoneRecord(value="192.0.2.9")]).wait_until_finished()
        zone.change_rrset_ttl(made.rrset, ttl=600).wait_until_finished()
        try:
            zone.create_rrset(name="api", type="A", records=[ZoneRecord(value="192.0.2.7")])
        except APIException as error:
            print("refused" if error.code == "uniqueness_error" else error.code)
        """,
        "digitalocean": """
        import sys
        from pydo import Client
        client = Client(token="emulated-token", endpoint=sys.argv[1])
        plain = dict(enforce_https=False)
        print("zone", client.domains.list(**plain)["domains"][0]["name"])
        own = client.domains.list_records("example.org", name="www.example.org", type="A", **plain)
        records = own["domain_records"]
        print(records[0]["name"], records[0]["type"], records[0]["ttl"], sorted(r["data"] for r in records))
        body = {"type": "A", "name": "api", "data": "192.0.2.8", "ttl": 600}
        id = client.domains.create_record("example.org", body=body, **plain)["domain_record"]["id"]
        client.domains.patch_record("example.org", id, body={"type": "A", "data": "192.0.2.9"}, **plain)
        answer = client.domains.delete_record("example.org", 5, **plain)
        print("refused" if answer["id"] == "not_found" else answer)
        """,
        "google-cloud-dns": """
        import json, sys, urllib.request
        from google.api_core.exceptions import PreconditionFailed
        from google.cloud import dns
        from google.oauth2 import service_account
        key = json.load(urllib.request.urlopen(sys.argv[1] + "/_emulator/key.json"))
        key["token_uri"] = sys.argv[1] + "/token"
        credentials = service_account.Credentials.from_service_account_info(key)
        client = dns.Client(key["project_id"], credentials, client_options={"api_endpoint": sys.argv[1]})
        zone = list(client.list_zones())[0]
        print("zone", zone.dns_name[:-1])
        for s in zone.list_resource_record_sets():
            print(s.name.split(".")[0], s.record_type, s.ttl, sorted(s.rrdatas))
        change = zone.changes()
        change.add_record_set(zone.resource_record_set("api.example.org.", "A", 600, ["192.0.2.9"]))
        change.create()
        change = zone.changes()
        change.delete_record_set(zone.resource_record_set("api.example.org.", "A", 601, ["192.0.2.9"]))
        try:
            change.create()
        except PreconditionFailed:
            print("refused")
        """,
        "azure-dns": """
        import json, sys, urllib.parse, urllib.request
        from azure.core.credentials import AccessToken
        from azure.core.exceptions import HttpResponseError
        from azure.mgmt.dns import DnsManagementClient
        origin, plain = sys.argv[1], dict(enforce_https=False)
        class Credential:
            def get_token(self, *scopes, **rest):
                form = dict(grant_type="client_credentials", scope=scopes[0], client_secret="emulated-token",
                            client_id="11111111-0000-4000-8000-111111111111")
                url = origin + "/72f988bf-0000-4000-8000-2d7cd011db47/oauth2/v2.0/token"
                answer = json.load(urllib.request.urlopen(url, urllib.parse.urlencode(form).encode()))
                return AccessToken(answer["access_token"], 9999999999)
        client = DnsManagementClient(Credential(), "22222222-0000-4000-8000-222222222222", base_url=origin,
                                     credential_scopes=[origin + "/.default"])
        print("zone", list(client.zones.list_by_resource_group("dns", **plain))[0].name)
        s = client.record_sets.get("dns", "example.org", "www", "A", **plain)
        print(s.name, s.type.split("/")[-1], s.ttl, sorted(r.ipv4_address for r in s.a_records))
        body = {"properties": {"TTL": 600, "ARecords": [{"ipv4Address": "192.0.2.9"}]}}
        client.record_sets.create_or_update("dns", "example.org", "api", "A", body, if_none_match="*", **plain)
        try:
            client.record_sets.create_or_update("dns", "example.org", "api", "A", body, if_match="old", **plain)
        except HttpResponseError as error:
            print("refused" if error.status_code == 412 else error)
        """,
    ]
}
