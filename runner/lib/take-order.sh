# Takes one order from the control port, a line `reboot N`, `reset N`, `hold 1`, `hold 0`, `rescue 1` or `rescue 0`, to the loop that follows the machine: take-order.sh PIPE
# The answer, `{"taken":true}`, says that the machine will obey as long as it lives.
answer() { echo "{\"taken\":$1}"; exit; }

read -r -t 5 what number _ || answer false
case $what in reboot | reset | hold | rescue) ;; *) answer false ;; esac
case $number in '' | *[!0-9]* | ???????????*) answer false ;; esac
[ -p "$1" ] || answer false
echo "order $what $number" >"$1"
answer true
