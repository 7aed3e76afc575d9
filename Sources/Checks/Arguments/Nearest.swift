/// The member of `candidates` that `text` was probably meant to be; nil if none is near enough to be worth saying.
/// Near enough is one slip for every three letters, at least one. Of equals the first wins; case does not count.
package func nearest(_ text: String, among candidates: [String]) -> String? {
    let written = Array(text.lowercased().unicodeScalars.prefix(longestNameCompared))
    guard !written.isEmpty else { return nil }
    var best: (candidate: String, distance: Int)?
    for candidate in candidates {
        let name = Array(candidate.lowercased().unicodeScalars.prefix(longestNameCompared))
        let distance = editDistance(written, name)
        let allowed = max(1, max(written.count, name.count) / 3)
        if distance <= allowed, distance < best?.distance ?? .max, distance < name.count {
            best = (candidate, distance)
        }
    }
    return best?.candidate
}

/// `did you mean "must-have"?`, or nil if nothing is near enough.
package func suggestion(for text: String, among candidates: [String]) -> String? {
    nearest(text, among: candidates).map { "did you mean \"\($0)\"?" }
}

/// The comparison is quadratic; nobody misspells a longer name than this.
private let longestNameCompared = 80

/// How many letters must be put in, left out, replaced, or swapped with their neighbour to turn one into the other
/// (optimal string alignment).
func editDistance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
    guard !left.isEmpty, !right.isEmpty else { return max(left.count, right.count) }
    var beforePrevious: [Int] = []
    var previous = Array(0...right.count)
    for row in 1...left.count {
        var current = [row]
        for column in 1...right.count {
            let isSame = left[row - 1] == right[column - 1]
            var cost = min(previous[column] + 1, current[column - 1] + 1, previous[column - 1] + (isSame ? 0 : 1))
            if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
                cost = min(cost, beforePrevious[column - 2] + 1)
            }
            current.append(cost)
        }
        beforePrevious = previous
        previous = current
    }
    return previous[right.count]
}
