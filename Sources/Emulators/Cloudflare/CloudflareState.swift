import Addresses

/// Accounts, zones and records, with Cloudflare's validation.
actor CloudflareState {
    struct Zone {
        var model: CloudflareZoneModel
        var records: [CloudflareRecordModel] = []
    }

    /// What a credential may do.
    struct Access {
        /// nil: every zone.
        var zones: Set<String>?
        var mayEdit: Bool
    }

    private var zones: [Zone] = []
    private var tokens: [String: Access] = [:]
    private var keys: [String: String] = [:]
    private var nextNumber = 1
    private var clock = 0
    private let recordQuota: Int
    /// Requests that are still allowed; nil: any number.
    private var allowance: Int?

    init(recordQuota: Int) { self.recordQuota = recordQuota }

    // MARK: Setting up

    func addToken(_ token: String, zones: Set<String>?, mayEdit: Bool) {
        tokens[token] = Access(zones: zones, mayEdit: mayEdit)
    }

    func removeToken(_ token: String) { tokens[token] = nil }
    func addKey(_ key: String, email: String) { keys[email] = key }
    func allow(_ requests: Int?) { allowance = requests }

    func addZone(_ name: String, status: String) {
        let owner = CloudflareZoneModel.Owner(id: identifier(), name: "Emulated account")
        zones.append(
            Zone(
                model: CloudflareZoneModel(
                    id: identifier(), name: name, status: status, account: owner, owner: owner,
                    permissions: ["#dns_records:read", "#dns_records:edit", "#zone:read"])))
    }

    func removeZone(_ name: String) { zones.removeAll { $0.model.name == name } }

    /// All records, sorted.
    func allRecords() -> [CloudflareRecordModel] {
        zones.flatMap(\.records).sorted { ($0.name, $0.type, $0.content) < ($1.name, $1.type, $1.content) }
    }

    // MARK: Authentication and limits

    func access(authorization: String?, key: String?, email: String?) throws(CloudflareProblem) -> Access {
        if let left = allowance {
            guard left > 0 else { throw .rateLimit }
            allowance = left - 1
        }
        if let authorization {
            guard authorization.hasPrefix("Bearer "), authorization.count > 10 else { throw .badHeader }
            guard let access = tokens[String(authorization.dropFirst(7))] else { throw .unknownToken }
            return access
        }
        guard let key, let email else { throw .noCredentials }
        guard keys[email] == key else { throw .unknownKey }
        return Access(zones: nil, mayEdit: true)
    }

    // MARK: Zones

    func zones(named name: String?, access: Access) -> [CloudflareZoneModel] {
        zones.map(\.model).filter { zone in
            (name == nil || zone.name == name) && (access.zones?.contains(zone.name) ?? true)
        }
    }

    private func place(of zone: String, access: Access, toEdit: Bool) throws(CloudflareProblem) -> Int {
        guard let place = zones.firstIndex(where: { $0.model.id == zone }) else { throw .noSuchZone(zone) }
        guard access.zones?.contains(zones[place].model.name) ?? true else { throw .notAllowed }
        guard access.mayEdit || !toEdit else { throw .notAllowed }
        return place
    }

    // MARK: Records

    func records(in zone: String, name: String?, type: String?, access: Access) throws(CloudflareProblem)
        -> [CloudflareRecordModel]
    {
        let place = try place(of: zone, access: access, toEdit: false)
        return zones[place].records.filter { record in
            (name == nil || record.name == name?.lowercased()) && (type == nil || record.type == type)
        }
    }

    func create(_ input: CloudflareRecordInput, in zone: String, access: Access) throws(CloudflareProblem)
        -> CloudflareRecordModel
    {
        try apply(CloudflareBatchInput(posts: [input]), in: zone, access: access).posts[0]
    }

    func change(_ input: CloudflareRecordInput, in zone: String, whole: Bool, access: Access) throws(CloudflareProblem)
        -> CloudflareRecordModel
    {
        let batch = whole ? CloudflareBatchInput(puts: [input]) : CloudflareBatchInput(patches: [input])
        let result = try apply(batch, in: zone, access: access)
        return (result.puts + result.patches)[0]
    }

    func delete(_ id: String, in zone: String, access: Access) throws(CloudflareProblem) {
        _ = try apply(CloudflareBatchInput(deletes: [.init(id: id)]), in: zone, access: access)
    }

    /// All of it or, if anything is wrong, nothing; in the documented order.
    func apply(_ batch: CloudflareBatchInput, in zone: String, access: Access) throws(CloudflareProblem)
        -> CloudflareBatchResult
    {
        let place = try place(of: zone, access: access, toEdit: true)
        let count =
            (batch.deletes?.count ?? 0) + (batch.patches?.count ?? 0) + (batch.puts?.count ?? 0)
            + (batch.posts?.count ?? 0)
        guard count <= 200 else { throw .batchTooLarge }
        var edited = zones[place]
        var result = CloudflareBatchResult()
        for item in batch.deletes ?? [] {
            guard let index = edited.records.firstIndex(where: { $0.id == item.id }) else { throw .noSuchRecord }
            result.deletes.append(edited.records.remove(at: index))
        }
        for input in batch.patches ?? [] {
            result.patches.append(try replace(input, in: &edited, keepingTheRest: true))
        }
        for input in batch.puts ?? [] {
            result.puts.append(try replace(input, in: &edited, keepingTheRest: false))
        }
        for input in batch.posts ?? [] {
            guard edited.records.count < recordQuota else { throw .quota }
            let record = try validated(input, over: nil, in: edited)
            edited.records.append(record)
            result.posts.append(record)
        }
        zones[place] = edited
        return result
    }

    private func replace(
        _ input: CloudflareRecordInput, in zone: inout Zone, keepingTheRest: Bool
    ) throws(CloudflareProblem) -> CloudflareRecordModel {
        guard let index = zone.records.firstIndex(where: { $0.id == input.id }) else { throw .noSuchRecord }
        let old = zone.records.remove(at: index)
        var basis = old
        if !keepingTheRest {
            basis.proxied = false
            basis.comment = nil
            basis.tags = []
        }
        let record = try validated(input, over: basis, in: zone)
        zone.records.insert(record, at: index)
        return record
    }

    // MARK: Validation

    private func validated(
        _ input: CloudflareRecordInput, over old: CloudflareRecordModel?, in zone: Zone
    ) throws(CloudflareProblem) -> CloudflareRecordModel {
        guard let type = input.type ?? old?.type, ["A", "AAAA", "CNAME", "TXT"].contains(type) else { throw .badType }
        let name = try validatedName(input.name ?? old?.name, in: zone.model.name)
        let content = try validatedContent(input.content ?? old?.content, of: type)
        let isProxied = input.proxied ?? old?.proxied ?? false
        let ttl = try validatedTTL(input.ttl, old: old?.ttl, isProxied: isProxied)
        for other in zone.records where other.name == name {
            if other.type == type, other.content == content { throw .identical }
            if type != "TXT", other.type != "TXT", (other.type == "CNAME") != (type == "CNAME") { throw .hostTaken }
            if type == "CNAME", other.type == "CNAME" { throw .hostTaken }
        }
        clock += 1
        let fraction = String(clock % 1_000_000)
        let now = "2026-01-01T00:00:00.\(String(repeating: "0", count: 6 - fraction.count))\(fraction)Z"
        return CloudflareRecordModel(
            id: old?.id ?? identifier(), name: name, type: type, content: content, ttl: ttl, proxied: isProxied,
            proxiable: type != "TXT", comment: input.comment ?? old?.comment, tags: input.tags ?? old?.tags ?? [],
            createdOn: old?.createdOn ?? now, modifiedOn: now)
    }

    private func validatedName(_ text: String?, in zone: String) throws(CloudflareProblem) -> String {
        guard var name = text?.lowercased(), !name.isEmpty, name.utf8.count <= 253 else { throw .badName }
        if name == "@" { name = zone }
        let isInZone = name == zone || name.hasSuffix("." + zone)
        let whole = isInZone ? name : "\(name).\(zone)"
        guard whole.split(separator: ".", omittingEmptySubsequences: false).allSatisfy({ (1...63).contains($0.count) })
        else { throw .badName }
        return whole
    }

    private func validatedContent(_ text: String?, of type: String) throws(CloudflareProblem) -> String {
        guard let text, !text.isEmpty else { throw .badBody }
        switch type {
        case "A":
            guard let address = IPv4Address(text) else { throw .badIPv4 }
            return address.description
        case "AAAA":
            guard let address = IPv6Address(text) else { throw .badIPv6 }
            return address.description
        case "CNAME":
            guard !text.contains(" "), text.contains("."), IPv4Address(text) == nil else { throw .badAlias }
            return text.lowercased()
        default: return text
        }
    }

    private func validatedTTL(_ wished: Double?, old: Int?, isProxied: Bool) throws(CloudflareProblem) -> Int {
        guard let wished else { return isProxied ? 1 : old ?? 1 }
        guard let ttl = Int(exactly: wished), ttl == 1 || (60...86_400).contains(ttl) else { throw .badTTL }
        return isProxied ? 1 : ttl
    }

    private func identifier() -> String {
        nextNumber += 1
        let digits = String(nextNumber &* 0x9E37_79B9 % 0xFFFF_FFFF, radix: 16)
        return String(repeating: "0", count: 32 - digits.count) + digits
    }
}
