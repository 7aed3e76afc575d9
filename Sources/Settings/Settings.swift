import Yams
import Checks
import Failover
package struct Settings { package var configuration: Configuration; package var checks: [(IndicatorName, any Check)] }
