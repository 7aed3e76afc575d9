import Testing

@testable import Failover

@Suite struct AlarmsTests {
    @Test func `everything that is due is taken, the earliest first, and the rest stays`() {
        var alarms = Alarms()
        alarms.move(.scheme(1), from: nil, to: .at(20))
        alarms.move(.scheme(0), from: nil, to: .at(10))
        alarms.move(.indicator(5), from: nil, to: .at(10))
        alarms.move(.scheme(2), from: nil, to: .at(30))
        #expect(alarms.earliest == .at(10))
        #expect(alarms.takeDue(at: .at(9)) == [])
        #expect(alarms.takeDue(at: .at(20)) == [.indicator(5), .scheme(0), .scheme(1)])
        #expect(alarms.earliest == .at(30))
    }

    @Test func `an owner has one alarm, which moves or goes`() {
        var alarms = Alarms()
        alarms.move(.scheme(0), from: nil, to: .at(10))
        alarms.move(.scheme(1), from: nil, to: .at(10))
        alarms.move(.scheme(0), from: .at(10), to: .at(40))
        #expect(alarms.takeDue(at: .at(30)) == [.scheme(1)])
        alarms.move(.scheme(0), from: .at(40), to: nil)
        #expect(alarms.earliest == nil)
    }
}
