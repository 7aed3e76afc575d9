import Addresses

/// A record as the API shows it.
struct DigitalOceanRecordModel: Encodable, Hashable, Sendable {
    var id: Int
    var type: String
    /// Below the domain, or `@`.
    var name: String
    var data: String
    var ttl: Int
    var priority: Int?
    var port: Int?
    var weight: Int?
    var flags: Int?
    var tag: String?
}

/// What a client may send of a record.
struct DigitalOceanRecordInput: Decodable {
    var type: String?
    var name: String?
    var data: String?
    var ttl: Int?
}

/// An error as the API shows it.
struct DigitalOceanProblem: Error {
    var status: Int
    var id: String
    var message: String

    init(_ status: Int, _ id: String, _ message: String) {
        self.status = status
        self.id = id
        self.message = message
    }

    static let notFound = DigitalOceanProblem(404, "not_found", "The resource you were accessing could not be found.")
    static let unauthorized = DigitalOceanProblem(401, "Unauthorized", "Unable to authenticate you")
    static let forbidden = DigitalOceanProblem(
        403, "Forbidden", "You are not authorized to perform this operation")
    static let tooMany = DigitalOceanProblem(429, "too_many_requests", "API Rate limit exceeded.")

    static func unfit(_ message: String) -> DigitalOceanProblem {
        DigitalOceanProblem(422, "unprocessable_entity", message)
    }
}

/// Domains and their records, with DigitalOcean's validation.
actor DigitalOceanState {
    private var domains: [String: [DigitalOceanRecordModel]] = [:]
    private var tokens: [String: RRsetStore.Access] = [:]
    private var allowance: Int?
    private var nextID = 3_352_892

    // MARK: Setting up

    func addDomain(_ name: String) { domains[name] = domains[name] ?? [] }
    func removeDomain(_ name: String) { domains[name] = nil }
    func setToken(_ token: String, _ access: RRsetStore.Access) { tokens[token] = access }
    func allow(_ requests: Int?) { allowance = requests }

    /// All records with their domain, sorted.
    func all() -> [String] {
        domains.flatMap { domain, records in
            records.map { "\(Self.whole($0.name, in: domain)) \($0.ttl) \($0.type) \($0.data)" }
        }.sorted()
    }

    // MARK: Requests

    func access(of token: String?) throws(DigitalOceanProblem) -> RRsetStore.Access {
        guard let token, let access = tokens[token], !access.isExpired else { throw .unauthorized }
        if let left = allowance {
            guard left > 0 else { throw .tooMany }
            allowance = left - 1
        }
        return access
    }

    func names(access: RRsetStore.Access) -> [String] {
        domains.keys.sorted().filter { access.zones?.contains($0) ?? true }
    }

    /// - Parameter name: the whole name.
    func records(
        of domain: String, name: String?, type: String?, access: RRsetStore.Access
    ) throws(DigitalOceanProblem) -> [DigitalOceanRecordModel] {
        try held(domain, access, toEdit: false).filter { record in
            (name == nil || Self.whole(record.name, in: domain) == name) && (type == nil || record.type == type)
        }
    }

    func create(
        _ input: DigitalOceanRecordInput, in domain: String, access: RRsetStore.Access
    ) throws(DigitalOceanProblem) -> DigitalOceanRecordModel {
        let others = try held(domain, access, toEdit: true)
        nextID += 1
        let blank = DigitalOceanRecordModel(id: nextID, type: "", name: "", data: "", ttl: 1800)
        let record = try validated(input, over: blank, others: others)
        domains[domain] = others + [record]
        return record
    }

    func update(
        _ id: Int, _ input: DigitalOceanRecordInput, in domain: String, access: RRsetStore.Access
    ) throws(DigitalOceanProblem) -> DigitalOceanRecordModel {
        var records = try held(domain, access, toEdit: true)
        guard let place = records.firstIndex(where: { $0.id == id }) else { throw .notFound }
        let old = records.remove(at: place)
        guard input.type == nil || input.type == old.type else { throw .unfit("Type cannot be changed.") }
        let record = try validated(input, over: old, others: records)
        records.insert(record, at: place)
        domains[domain] = records
        return record
    }

    func delete(_ id: Int, in domain: String, access: RRsetStore.Access) throws(DigitalOceanProblem) {
        var records = try held(domain, access, toEdit: true)
        guard let place = records.firstIndex(where: { $0.id == id }) else { throw .notFound }
        records.remove(at: place)
        domains[domain] = records
    }

    private func held(
        _ domain: String, _ access: RRsetStore.Access, toEdit: Bool
    ) throws(DigitalOceanProblem) -> [DigitalOceanRecordModel] {
        guard let records = domains[domain], access.zones?.contains(domain) ?? true else { throw .notFound }
        guard access.mayEdit || !toEdit else { throw .forbidden }
        return records
    }

    // MARK: Validation

    private func validated(
        _ input: DigitalOceanRecordInput, over old: DigitalOceanRecordModel, others: [DigitalOceanRecordModel]
    ) throws(DigitalOceanProblem) -> DigitalOceanRecordModel {
        var record = old
        record.type = input.type ?? old.type
        record.name = (input.name ?? old.name).lowercased()
        record.ttl = input.ttl ?? old.ttl
        guard !record.name.isEmpty else { throw .unfit("Name can't be blank.") }
        guard record.ttl >= 30 else { throw .unfit("TTL must be greater than or equal to 30.") }
        record.data = try validated(input.data ?? old.data, type: record.type, isOld: input.data == nil)
        for other in others where other.name == record.name {
            if other.type == record.type, other.data == record.data { throw .unfit("Data has already been taken.") }
            guard record.type == "CNAME" || other.type == "CNAME" else { continue }
            throw .unfit("CNAME records cannot share a name with other records.")
        }
        return record
    }

    private func validated(_ data: String, type: String, isOld: Bool) throws(DigitalOceanProblem) -> String {
        if isOld { return data }
        switch type {
        case "A":
            guard let address = IPv4Address(data) else { throw .unfit("IP address did not match IPv4 format.") }
            return address.description
        case "AAAA":
            guard let address = IPv6Address(data) else { throw .unfit("IP address did not match IPv6 format.") }
            return address.description
        case "CNAME":
            guard data == "@" || data.hasSuffix(".") else { throw .unfit("Data needs to end with a dot (.).") }
            return data == "@" ? data : String(data.lowercased().dropLast())
        case "TXT": return data
        default: throw .unfit("Type is not included in the list.")
        }
    }

    private static func whole(_ name: String, in domain: String) -> String {
        name == "@" ? domain : "\(name).\(domain)"
    }
}
