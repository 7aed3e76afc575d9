import Addresses

/// Which RRset: its zone, its name below the zone (`www`, or `@`) and its type, as text.
struct RRsetKey: Hashable, Comparable, Sendable {
    var zone: String
    var name: String
    var type: String

    /// With the zone, without a final dot.
    var fullName: String { name == "@" ? zone : "\(name).\(zone)" }

    static func < (left: Self, right: Self) -> Bool {
        (left.fullName, left.type) < (right.fullName, right.type)
    }
}

/// An RRset of an emulated account.
struct StoredRRset: Hashable, Sendable {
    /// nil: the zone's.
    var ttl: Int?
    /// In canonical form, in the order in which they were given.
    var values: [String]
    /// What else a provider keeps beside a set or a value; what is behind `redirect` takes the place of values.
    var notes: [String: String] = [:]
    /// Grows with every change.
    var version = 0
}

/// Why an emulated account does not take a change. Each provider has its own words for it.
enum RRsetProblem: Error, Hashable {
    case noSuchZone(String)
    case badName(String)
    case badType(String)
    case badValue(type: String, value: String)
    case doubleValue(String)
    case badTTL(Int)
    /// A CNAME beside something else, or more than one (RFC 1034 §3.6.2).
    case aliasConflict(RRsetKey)
    case exists(RRsetKey)
    case missing(RRsetKey)
    /// It is not as the client believes.
    case changed(RRsetKey)
}

/// Zones with RRsets, for the emulators of providers that think in RRsets; and who may use them.
actor RRsetStore {
    enum Condition: Hashable, Sendable {
        case none
        case absent
        case present
        case version(Int)
        /// Exactly this TTL and these values, in any order.
        case exactly(ttl: Int, values: [String])
    }

    /// What is to become of one RRset: gone, if it has none.
    struct Edit: Sendable {
        var key: RRsetKey
        var set: StoredRRset?
        var condition: Condition = .none
    }

    /// A token, and what it may do.
    struct Access: Hashable, Sendable {
        /// nil: every zone.
        var zones: Set<String>?
        var mayEdit = true
        var isExpired = false
    }

    private(set) var zones: [String] = []
    private var sets: [RRsetKey: StoredRRset] = [:]
    private var tokens: [String: Access] = [:]
    /// Requests that are still allowed; nil: any number.
    private var allowance: Int?
    private var version = 0
    /// Somebody else's change, which comes right after the next reading.
    private var interference: Edit?
    private let ttls: ClosedRange<Int>

    init(ttls: ClosedRange<Int>) { self.ttls = ttls }

    // MARK: Who

    func setToken(_ token: String, _ access: Access?) { tokens[token] = access }
    func access(of token: String) -> Access? { tokens[token] }
    func allow(_ requests: Int?) { allowance = requests }

    /// Counts a request; false if it is one too many.
    func takeRequest() -> Bool {
        guard let left = allowance else { return true }
        guard left > 0 else { return false }
        allowance = left - 1
        return true
    }

    // MARK: Zones

    func addZone(_ name: String) {
        guard !zones.contains(name) else { return }
        zones.append(name)
        zones.sort()
    }

    func removeZone(_ name: String) {
        zones.removeAll { $0 == name }
        sets = sets.filter { $0.key.zone != name }
    }

    // MARK: RRsets

    func set(at key: RRsetKey) -> StoredRRset? {
        defer { interfere() }
        return sets[key]
    }

    /// Sorted by name and type.
    func all(in zone: String? = nil, name: String? = nil) -> [(key: RRsetKey, set: StoredRRset)] {
        defer { interfere() }
        return sets.filter { (zone == nil || $0.key.zone == zone) && (name == nil || $0.key.name == name) }
            .sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// Somebody else sets these values right after the next reading.
    func interfereAfterReading(_ name: String, type: String, zone: String, values: [String]) {
        let key = RRsetKey(zone: zone, name: name, type: type)
        interference = Edit(key: key, set: StoredRRset(ttl: 300, values: values))
    }

    private func interfere() {
        guard let edit = interference else { return }
        interference = nil
        // What is wrong with it is seen by the test that planned it: it does not happen.
        _ = try? apply([edit])
    }

    /// All of it or, if anything is wrong, nothing. Returns the sets that are there afterwards.
    @discardableResult
    func apply(_ edits: [Edit]) throws(RRsetProblem) -> [(key: RRsetKey, set: StoredRRset)] {
        var edited = sets
        for edit in edits {
            guard zones.contains(edit.key.zone) else { throw .noSuchZone(edit.key.zone) }
            try check(edit.condition, of: edited[edit.key], at: edit.key)
            guard var set = edit.set else {
                edited[edit.key] = nil
                continue
            }
            try checkName(edit.key)
            set.values = try canonical(set.values, type: edit.key.type)
            if let ttl = set.ttl, !ttls.contains(ttl) { throw .badTTL(ttl) }
            version += 1
            set.version = version
            edited[edit.key] = set
        }
        for edit in edits where edited[edit.key] != nil { try checkAlias(edit.key, in: edited) }
        sets = edited
        return edits.compactMap { edit in edited[edit.key].map { (edit.key, $0) } }
    }

    private func check(
        _ condition: Condition, of set: StoredRRset?, at key: RRsetKey
    ) throws(RRsetProblem) {
        switch condition {
        case .none: return
        case .absent: if set != nil { throw .exists(key) }
        case .present: if set == nil { throw .missing(key) }
        case .version(let version): if set?.version != version { throw .changed(key) }
        case .exactly(let ttl, let values):
            guard let set else { throw .missing(key) }
            guard set.ttl == ttl, try Set(canonical(values, type: key.type)) == Set(set.values) else {
                throw .changed(key)
            }
        }
    }

    // MARK: Validation

    private func checkName(_ key: RRsetKey) throws(RRsetProblem) {
        guard key.fullName.utf8.count <= 253 else { throw .badName(key.name) }
        for label in key.fullName.split(separator: ".", omittingEmptySubsequences: false) {
            let isFit =
                label == "*" || label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) }
            guard (1...63).contains(label.utf8.count), isFit else { throw .badName(key.name) }
        }
    }

    private func canonical(_ values: [String], type: String) throws(RRsetProblem) -> [String] {
        var result: [String] = []
        for value in values {
            let text = try canonical(value, type: type)
            guard !result.contains(text) else { throw .doubleValue(value) }
            result.append(text)
        }
        return result
    }

    private func canonical(_ value: String, type: String) throws(RRsetProblem) -> String {
        switch type {
        case "A":
            guard let address = IPv4Address(value) else { throw .badValue(type: type, value: value) }
            return address.description
        case "AAAA":
            guard let address = IPv6Address(value) else { throw .badValue(type: type, value: value) }
            return address.description
        case "CNAME":
            guard value.hasSuffix("."), value.count > 1, !value.contains(" ") else {
                throw .badValue(type: type, value: value)
            }
            return value.lowercased()
        case "TXT": return value
        default: throw .badType(type)
        }
    }

    private func checkAlias(_ key: RRsetKey, in sets: [RRsetKey: StoredRRset]) throws(RRsetProblem) {
        let beside = sets.keys.filter { $0.zone == key.zone && $0.name == key.name && $0.type != key.type }
        if beside.contains(where: { $0.type == "CNAME" }) { throw .aliasConflict(key) }
        guard key.type == "CNAME" else { return }
        if key.name == "@" || !beside.isEmpty || sets[key]?.values.count != 1 { throw .aliasConflict(key) }
    }
}
