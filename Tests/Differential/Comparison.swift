import DNS

/// Where two replies to one query differ.
enum Field: String, CaseIterable {
    case code
    case authoritative
    case otherFlags
    case question
    case edns
    case answer
    case authority
    case additional
}

/// Compares our reply with another server's, section by section.
struct Comparison {
    let query: World.Query
    let ours: Reply
    let theirs: Reply

    var differences: [Field] {
        let (left, right) = (ours.message, theirs.message)
        let others: Header.Flags = [
            .response, .truncated, .recursionDesired, .recursionAvailable, .authenticData, .checkingDisabled,
        ]
        var fields: [Field] = []
        if left.rcode != right.rcode { fields.append(.code) }
        if ours.isAuthoritative != theirs.isAuthoritative { fields.append(.authoritative) }
        if left.header.flags.intersection(others) != right.header.flags.intersection(others) {
            fields.append(.otherFlags)
        }
        if left.questions.map(\.name.wire) != right.questions.map(\.name.wire) { fields.append(.question) }
        if (left.edns == nil) != (right.edns == nil) || left.edns?.wantsDNSSEC != right.edns?.wantsDNSSEC {
            fields.append(.edns)
        }
        if ours.answer != theirs.answer { fields.append(.answer) }
        if ours.authority != theirs.authority { fields.append(.authority) }
        if ours.additional != theirs.additional { fields.append(.additional) }
        return fields
    }
}
