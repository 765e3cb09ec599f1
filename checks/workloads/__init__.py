"""What rules over workloads share: their pods, what is related to them, and how a finding about
several containers at once is held against what stood there before."""
