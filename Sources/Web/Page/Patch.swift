/// A keyed part of an open page and what is to stand in its place. Parts inside it that the page has already are not
/// sent again: `<template data-keep="KEY">` stands where each goes.
struct Patch: Hashable, Sendable {
    var key: String
    var html: String

    /// The least that turns one state of a page into another.
    ///
    /// - Returns: nil if they have no part in common to start from: then the whole page is to be loaded anew.
    static func patches(from old: HTML, to new: HTML) -> [Patch]? {
        guard own(old.pieces) == own(new.pieces) else { return nil }
        var patches: [Patch] = []
        compare(children(old), children(new), into: &patches)
        return patches
    }

    private static func compare(_ old: [String: HTML], _ new: [String: HTML], into patches: inout [Patch]) {
        for (key, part) in new.sorted(by: { $0.key < $1.key }) {
            guard let before = old[key], before != part else { continue }
            if own(before.pieces) == own(part.pieces) {
                compare(children(before), children(part), into: &patches)
            } else {
                patches.append(Patch(key: key, html: abridged(part, known: children(before))))
            }
        }
    }

    private static func abridged(_ part: HTML, known: [String: HTML]) -> String {
        var text = ""
        for piece in part.pieces {
            switch piece {
            case .text(let own): text += own
            case .keyed(let key, let child) where known[key] == child:
                text += ("<template data-keep=\"\(key)\"></template>" as HTML).text
            case .keyed(_, let child): text += child.text
            }
        }
        return text
    }

    /// A part without what is inside its keyed parts.
    private static func own(_ pieces: [HTML.Piece]) -> [HTML.Piece] {
        pieces.map { if case .keyed(let key, _) = $0 { .keyed(key, .nothing) } else { $0 } }
    }

    private static func children(_ part: HTML) -> [String: HTML] {
        var children: [String: HTML] = [:]
        for case .keyed(let key, let child) in part.pieces { children[key] = child }
        return children
    }
}
