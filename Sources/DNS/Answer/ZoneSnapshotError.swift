/// Why zones cannot be laid out for answering.
package enum ZoneSnapshotError: Error, Hashable, Sendable {
    case duplicateZone(Name)
    /// Not exactly one SOA record at the apex, or one that is malformed.
    case noSOA(apex: Name)
    /// No NS record at the apex.
    case noNS(apex: Name)
    case ownerOutsideZone(owner: Name, apex: Name)
    /// It could never be sent: longer than a message of 65,535 octets.
    case rrsetTooLarge(owner: Name, type: RRType)
    /// More than 255 types at one owner.
    case tooManyTypes(owner: Name)
    case dynamicNameOutsideZones(Name)
    /// A delegation or a DNAME above it (or a delegation at it) takes the name out of our hands.
    case dynamicNameOccluded(Name, by: Name)
    /// It has a CNAME record, which allows no addresses beside it (RFC 1034 §3.6.2).
    case dynamicNameIsAlias(Name)
    case duplicateDynamicName(Name)
}
