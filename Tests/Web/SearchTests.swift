import Testing

@testable import Web

struct SearchTests {
    @Test(arguments: [
        ("", "charlie:cat", true, "nothing is searched for"),
        ("CAT", "charlie:cat", true, "the case of what is searched for does not matter"),
        ("cat", "Charlie:CAT", true, "nor does that of the name"),
        ("charlie:cat", "charlie:cat", true, "it may be all of it"),
        ("charlie:cats", "charlie:cat", false, "it is longer than the name"),
        ("tac", "charlie:cat", false, "the letters are there in another order"),
        ("b[", "B{", false, "signs that differ in the same bit as letters do"),
        ("москва", "МОСКВА-1", true, "letters beyond ASCII have a case too"),
        ("é", "cafe", false, "a letter is not its neighbour without the accent"),
    ])
    func `a name is found by a part of it, whatever the case`(
        _ wanted: String, _ name: String, _ isFound: Bool, _ why: String
    ) {
        #expect(Search(wanted).isIn(name) == isFound, "\(why)")
    }

    @Test func `what needs somebody comes first, and the rest stays as it was`() {
        let names = ["a1", "b0", "c2", "d0", "e1"]
        #expect(names.ordered(byRankBelow: 3) { Int(String($0.last ?? "0")) ?? 0 } == ["b0", "d0", "a1", "e1", "c2"])
        #expect([String]().ordered(byRankBelow: 3) { _ in 0 } == [])
    }
}
