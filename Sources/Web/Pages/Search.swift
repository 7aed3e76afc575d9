/// A text that is searched for in thousands of names, whatever its case; found in everything while it is empty.
struct Search {
    private let wanted: String
    private let octets: [UInt8]

    init(_ text: String?) {
        wanted = text?.lowercased() ?? ""
        octets = Array(wanted.utf8)
    }

    func isIn(_ text: String) -> Bool {
        if octets.isEmpty { return true }
        var text = text
        return text.withUTF8 { held in
            // Beyond ASCII a letter's case may be more than one bit.
            guard held.allSatisfy({ $0 < 0x80 }) else {
                return String(decoding: held, as: UTF8.self).lowercased().contains(wanted)
            }
            guard held.count >= octets.count else { return false }
            return (0...held.count - octets.count).contains { start in
                octets.indices.allSatisfy { Self.lower(held[start + $0]) == octets[$0] }
            }
        }
    }

    private static func lower(_ octet: UInt8) -> UInt8 { (0x41...0x5A).contains(octet) ? octet | 0x20 : octet }
}

extension Array {
    /// Those of the lowest rank first, and within a rank as they were: in one pass, where sorting thousands would compare
    /// each a dozen times.
    ///
    /// - Parameter rank: 0 up to less than `ranks`.
    func ordered(byRankBelow ranks: Int, _ rank: (Element) -> Int) -> [Element] {
        var places: [[Int]] = Array<[Int]>(repeating: [], count: ranks)
        for (place, element) in enumerated() { places[rank(element)].append(place) }
        return places.joined().map { self[$0] }
    }
}
